import { describe, expect, it } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import type { DriverItem, EngineDriver } from "../../src/engine/driver.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";

/** A mock engine whose events have cursors, and that goes on after the one it is given, if it is told to. */
function resumableEngine({ resumes }: { resumes: boolean }) {
  const engine = createMockEngine();
  const log: DriverItem[] = [];
  const asked: (string | undefined)[] = [];
  const driver: EngineDriver = {
    ...engine,
    async connect(options) {
      const connection = await engine.connect(options);
      return {
        ...connection,
        async events({ after, signal }) {
          asked.push(after);
          const stream = await connection.events({ signal });
          const missed = after !== undefined && resumes ? log.slice(Number(after)) : [];
          return {
            resumed: after !== undefined && resumes,
            async *[Symbol.asyncIterator]() {
              yield* missed;
              for await (const { event } of stream) {
                const item = { event, cursor: String(log.length + 1) };
                log.push(item);
                yield item;
              }
            },
          };
        },
      };
    },
  };
  /** Something happened while nobody listened. */
  const miss = (item: DriverItem["event"]) => {
    log.push({ event: item, cursor: String(log.length + 1) });
  };
  return { driver, engine, asked, miss };
}

async function droppedOnce(resumes: boolean) {
  const { driver, engine, asked, miss } = resumableEngine({ resumes });
  const client = createEngineClient(driver);
  const seen: string[] = [];
  const back = Promise.withResolvers<void>();
  client.events.subscribe((event) => {
    seen.push(event.type === "unknown" ? event.name : event.type);
    if (event.type === "stream_resynced") back.resolve();
  });
  await client.connect();
  engine.emit({ type: "unknown", name: "first", raw: 1 });
  engine.emit({ type: "unknown", name: "second", raw: 2 });
  await expect.poll(() => seen).toContain("second");
  const readings = () => engine.calls.filter((call) => call === "snapshot").length;
  const before = readings();
  engine.drop();
  miss({ type: "unknown", name: "missed", raw: 3 });
  await back.promise;
  engine.emit({ type: "unknown", name: "after", raw: 4 });
  await expect.poll(() => seen).toContain("after");
  await client.dispose();
  return { asked, seen, readAgain: readings() - before };
}

describe("an event stream that drops", () => {
  it("goes on after the last event that was taken, and nothing is read again", async () => {
    const { asked, seen, readAgain } = await droppedOnce(true);
    expect(asked).toEqual([undefined, "2"]);
    expect(seen).toEqual(["first", "second", "stream_gap", "stream_resynced", "missed", "after"]);
    expect(readAgain).toBe(0);
  });

  it("is read again by an engine that does not go on", async () => {
    const { asked, seen, readAgain } = await droppedOnce(false);
    expect(asked).toEqual([undefined, "2"]);
    expect(seen).toEqual(["first", "second", "stream_gap", "stream_resynced", "after"]);
    expect(readAgain).toBe(1);
  });

  it("begins anew when it was closed: what it kept is forgotten", async () => {
    const { driver, engine, asked } = resumableEngine({ resumes: true });
    const client = createEngineClient(driver, { idleTimeout: 0 });
    for (const name of ["one", "two"]) {
      const taken = Promise.withResolvers<void>();
      const leave = client.events.subscribe((event) => {
        if (event.type === "unknown" && event.name === name) taken.resolve();
      });
      await expect.poll(() => client.events.status.state).toBe("open");
      engine.emit({ type: "unknown", name, raw: name });
      await taken.promise;
      leave();
    }
    expect(asked).toEqual([undefined, undefined]);
    await client.dispose();
  });
});
