import { describe, expect, it } from "vitest";
import { Queue } from "../../src/stream/queue.ts";

describe("Queue", () => {
  it("gives back in order, and knows its newest entry", () => {
    const queue = new Queue<string>();
    expect(queue.last).toBeUndefined();
    queue.push("a");
    queue.push("b");
    expect(queue.last?.value).toBe("b");
    expect([queue.shift()?.value, queue.size, queue.shift()?.value, queue.size]).toEqual(["a", 1, "b", 0]);
    expect(queue.shift()).toBeUndefined();
    expect(queue.last).toBeUndefined();
    expect(queue.size).toBe(0);
  });

  it("can be used again after clear()", () => {
    const queue = new Queue<string>();
    queue.push("a");
    queue.push("b");
    queue.clear();
    expect([queue.size, queue.last, queue.shift()]).toEqual([0, undefined, undefined]);
    queue.push("c");
    expect([queue.size, queue.last?.value, queue.shift()?.value]).toEqual([1, "c", "c"]);
  });

  it("cuts the entry that it gives from those behind it", () => {
    const queue = new Queue<string>();
    queue.push("a");
    queue.push("b");
    expect(queue.shift()).toEqual({ value: "a", next: undefined });
  });
});
