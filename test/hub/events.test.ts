import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, rejection, settle, stage, unhandledRejections } from "./support.ts";

const texts = (events: readonly EngineEvent[]) =>
  events.flatMap((event) => (event.type === "message_delta" ? event.delta : [])).join("");

describe("events: fan-out", () => {
  it("serves any number of handlers and iterators over one connection", async () => {
    const { client, engine, session } = await stage(() => [{ text: "One two." }]);
    const seen: EngineEvent[][] = [[], [], []];
    for (const events of seen) client.events.subscribe((event) => events.push(event));
    const read = [client.events, client.events.stream(), client.events.stream()].map(async (events) => {
      const all: EngineEvent[] = [];
      for await (const event of events) {
        all.push(event);
        if (event.type === "turn_ended") return all;
      }
      return all;
    });
    await client.session.prompt(session, "Hi").text();
    const [first = [], ...others] = [...seen, ...(await Promise.all(read))];
    expect(engine.listeners).toBe(1);
    expect(texts(first)).toBe("One two.");
    for (const other of others) expect(other).toEqual(first);
    expect(first.map((event) => event.type)).toContain("message_created");
  });

  it("tells what other clients do", async () => {
    const { client, engine } = await stage();
    await client.connect();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    const other = clientOf(engine);
    const session = await other.session.create({ title: "Theirs" });
    await other.session.prompt(session, "Hi").text();
    expect(seen[0]).toMatchObject({ type: "session_created", session: { id: session.id, title: "Theirs" } });
    expect(texts(seen)).toBe("Mock answer.");
    expect(seen.at(-1)).toMatchObject({ type: "turn_ended", status: "completed" });
  });

  it("filters by session, given as id or as object, and by type", async () => {
    const { client, session } = await stage();
    const other = await client.session.create();
    const streams = [
      client.events.stream({ sessionId: session }),
      client.events.stream({ sessionId: session.id, types: ["turn_ended"] }),
      client.events.stream({ types: ["turn_ended"] }),
    ].map((events) => {
      const seen: EngineEvent[] = [];
      const iterator = events[Symbol.asyncIterator]();
      const done = (async () => {
        for (let item = await iterator.next(); !item.done; item = await iterator.next())
          seen.push(item.value);
      })();
      return { seen, done };
    });
    await client.session.prompt(session, "Hi").text();
    await client.session.prompt(other, "Hi").text();
    await client.dispose();
    await Promise.all(streams.map(({ done }) => done));
    const [ofSession, ended, allEnded] = streams.map(({ seen }) => seen);
    expect(ofSession?.length).toBeGreaterThan(5);
    const known = ofSession?.filter((event) => "sessionId" in event && event.sessionId !== session.id);
    expect(known).toEqual([]);
    expect(ended).toMatchObject([{ type: "turn_ended", sessionId: session.id }]);
    expect(allEnded).toMatchObject([{ sessionId: session.id }, { sessionId: other.id }]);
  });

  it("reports a handler that throws, at once or later, and goes on for the others", async () => {
    const { client, session, diagnostics } = await stage();
    const seen: EngineEvent[] = [];
    const mistake = new Error("mine");
    client.events.subscribe(() => {
      throw mistake;
    });
    client.events.subscribe(async () => Promise.reject(mistake));
    client.events.subscribe((event) => seen.push(event));
    const unhandled = await unhandledRejections(() => client.session.prompt(session, "Hi").text());
    expect(unhandled).toEqual([]);
    expect(texts(seen)).toBe("Mock answer.");
    expect(diagnostics).toHaveLength(2 * seen.length);
    for (const diagnostic of diagnostics) {
      expect(diagnostic).toMatchObject({ level: "error", code: "handler_threw", cause: mistake });
    }
    expect(diagnostics[0]?.message).toContain(seen[0]?.type);
  });

  it("passes on what it does not know, whole", async () => {
    const { client, engine } = await stage();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    await settle();
    const raw = { type: "lsp.updated", properties: { deep: [1] } };
    engine.emit({ type: "unknown", name: "lsp.updated", raw });
    engine.emit({ type: "unknown", name: "lsp.updated", sessionId: "ses_9", raw });
    expect(await seenAfter(seen, 2)).toEqual([
      { type: "unknown", name: "lsp.updated", raw },
      { type: "unknown", name: "lsp.updated", sessionId: "ses_9", raw },
    ]);
    expect((seen[0]?.type === "unknown" && seen[0].raw) === raw).toBe(true);
  });

  it("lets a handler leave, and others come, while an event is told", async () => {
    const { client, engine } = await stage();
    const order: string[] = [];
    const leave = client.events.subscribe(() => {
      order.push("first");
      leave();
      leave();
      client.events.subscribe(() => order.push("late"));
    });
    client.events.subscribe(() => order.push("second"));
    await settle();
    engine.emit({ type: "unknown", name: "a", raw: 1 });
    engine.emit({ type: "unknown", name: "b", raw: 1 });
    await settle();
    expect(order.filter((name) => name === "first")).toHaveLength(1);
    expect(order.filter((name) => name === "second")).toHaveLength(2);
    expect(order.at(-1)).toBe("late");
  });
});

async function seenAfter(seen: EngineEvent[], count: number): Promise<readonly EngineEvent[]> {
  await settle();
  expect(seen).toHaveLength(count);
  return seen;
}

describe("events: slow readers", () => {
  const part = { sessionId: "ses_x", messageId: "msg_x" };
  const begin = (engine: ReturnType<typeof createMockEngine>, partId: string) =>
    engine.emit({
      type: "part_updated",
      ...part,
      part: { type: "text", id: partId, text: "" },
      complete: false,
    });
  const started = async (limit: number, types?: readonly EngineEvent["type"][]) => {
    const engine = createMockEngine();
    const client = clientOf(engine);
    const slow = client.events.stream({ limit, types })[Symbol.asyncIterator]();
    const seen: EngineEvent[] = [];
    client.events.subscribe((event) => seen.push(event));
    await settle();
    engine.emit({
      type: "message_updated",
      message: { id: "msg_x", sessionId: "ses_x", role: "assistant", createdAt: 1 },
    });
    for (const id of ["prt_a", "prt_b"]) begin(engine, id);
    await settle();
    return { engine, client, slow, seen };
  };
  const rest = (iterator: AsyncIterator<EngineEvent>) => collect({ [Symbol.asyncIterator]: () => iterator });

  it("get adjacent deltas of a part as one, and nothing is lost", async () => {
    const { engine, client, slow, seen } = await started(8);
    for (const delta of "abcdefghij") engine.emit({ type: "part_delta", ...part, partId: "prt_a", delta });
    for (const delta of "xyz") engine.emit({ type: "part_delta", ...part, partId: "prt_b", delta });
    engine.emit({ type: "part_delta", ...part, partId: "prt_a", delta: "k" });
    await settle();
    await client.dispose();
    const deltas = (await rest(slow)).filter((event) => event.type === "message_delta");
    expect(deltas).toMatchObject([
      { partId: "prt_a", offset: 0, delta: "abcdefghij" },
      { partId: "prt_b", offset: 0, delta: "xyz" },
      { partId: "prt_a", offset: 10, delta: "k" },
    ]);
    expect(seen.filter((event) => event.type === "message_delta")).toHaveLength(14);
  });

  it("get deltas apart that do not follow each other", async () => {
    const { engine, client, slow } = await started(8, ["message_delta"]);
    engine.emit({ type: "part_delta", ...part, partId: "prt_a", delta: "wrong" });
    const reset = { type: "text", id: "prt_a", text: "right" } as const;
    engine.emit({ type: "step_started", ...part });
    engine.emit({ type: "part_updated", ...part, part: reset, complete: true });
    await settle();
    await client.dispose();
    expect(await rest(slow)).toMatchObject([
      { offset: 0, delta: "wrong" },
      { offset: 0, delta: "right" },
    ]);
  });

  it("fail alone with EVENT_OVERFLOW, after what was waiting", async () => {
    const { engine, client, slow, seen } = await started(3, ["unknown"]);
    for (const name of "abcde") engine.emit({ type: "unknown", name, raw: name });
    await settle();
    for (const name of "abc") expect(await slow.next()).toMatchObject({ done: false, value: { name } });
    const failure = await rejection(slow.next());
    expect(EngineError.is(failure, "EVENT_OVERFLOW")).toBe(true);
    expect(await slow.next()).toEqual({ done: true, value: undefined });
    expect(seen.filter((event) => event.type === "unknown")).toHaveLength(5);
    expect(client.events.status.state).toBe("open");
  });

  it("that overflow let go of the stream", async () => {
    const engine = createMockEngine();
    const client = clientOf(engine, { idleTimeout: 0 });
    client.events.stream({ limit: 1 })[Symbol.asyncIterator]();
    await settle();
    expect(engine.listeners).toBe(1);
    for (const name of "ab") engine.emit({ type: "unknown", name, raw: name });
    await settle();
    expect(engine.listeners).toBe(0);
  });
});
