import { describe, expect, it } from "vitest";
import { LogRing } from "../../src/process/log-ring.ts";

describe("LogRing", () => {
  it("keeps the last words, without colours and without secrets", () => {
    const log = new LogRing(12, ["s3cret", ""]);
    log.add("a long beginning that nobody will read; ");
    log.add("\u001b[31mkey s3cret\u001b[0m end\n");
    expect(String(log)).toBe("key *** end");
  });

  it("never shows a part of a secret, wherever it is cut", () => {
    for (let before = 0; before < 40; before += 1) {
      const log = new LogRing(10, ["s3cret-s3cret"]);
      log.add(`${"x".repeat(before)}s3cret-s3cret${".".repeat(5)}`);
      expect(String(log)).not.toMatch(/s3|cret/);
    }
  });

  it("does not grow", () => {
    const log = new LogRing(10, []);
    for (let line = 0; line < 1000; line += 1) log.add(`line ${line}\n`);
    expect(String(log)).toBe("line 999");
    log.add("x".repeat(1_000_000));
    expect(String(log)).toBe("x".repeat(10));
  });
});
