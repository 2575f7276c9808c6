import { describe, expect, it, vi } from "vitest";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { Fanout } from "../../src/hub/fanout.ts";
import { mergeEngineDeltas, mergePromptDeltas } from "../../src/hub/merge-deltas.ts";
import { clientOf, collect, fold, rejection, settle, stage, tampered } from "./support.ts";

describe("prompt: slow readers", () => {
  it("get a long answer in few events, and the whole of it", async () => {
    const text = "word ".repeat(10_000);
    const { client, session } = await stage(() => [{ text }]);
    const call = client.session.prompt(session, "Hi");
    expect(await call.text()).toBe(text);
    const events = await collect(call);
    expect(fold(events)).toBe(text);
    expect(events.length).toBeLessThan(5);
  });

  it("fail with EVENT_OVERFLOW after what was waiting; the turn and its text do not", async () => {
    const step = { tool: "bash", output: "a" };
    const { client, session } = await stage(() => [...Array(1_500).fill(step), { text: "Done." }]);
    const call = client.session.prompt(session, "Hi");
    expect(await call.text()).toBe("Done.");
    const seen: PromptEvent[] = [];
    const reading = (async () => {
      for await (const event of call) seen.push(event);
    })();
    expect(await rejection(reading)).toMatchObject({ code: "EVENT_OVERFLOW", sessionId: session.id });
    expect(seen).toHaveLength(4_096);
    expect((await call.result()).toolCalls).toHaveLength(1_500);
  });

  it("that overflowed answer no permission requests any more", async () => {
    const tools = Array(1_500).fill({ tool: "bash", output: "a" });
    const ask = { tool: "edit", ask: { description: "Edit" } };
    const { client, session } = await stage(() => [...tools, ask, { text: "Done." }]);
    const call = client.session.prompt(session, "Hi");
    call[Symbol.asyncIterator]();
    expect(await call.text()).toBe("Done.");
  });
});

describe("prompt: what is left of it", () => {
  it("is no subscriber, however it ended", async () => {
    let subscribers = 0;
    const add = Fanout.prototype.add;
    const spy = vi.spyOn(Fanout.prototype, "add").mockImplementation(function (this: Fanout, ...args) {
      subscribers += 1;
      const remove = add.apply(this, args);
      let left = false;
      return () => {
        if (!left) subscribers -= 1;
        left = true;
        remove();
      };
    });
    const { client, engine, session } = await stage(({ content }) =>
      content === "wait" ? [{ wait: new Promise(() => {}) }] : [{ text: "Done." }],
    );
    await client.session.prompt(session, "Hi").text();
    await client.registry.waitFor(session, () => true);
    const controller = new AbortController();
    const stopped = client.session.prompt(session, "wait", { signal: controller.signal });
    await stopped;
    expect(subscribers).toBe(1);
    controller.abort();
    await stopped.settled();
    const early = new AbortController();
    const deaf = clientOf(
      tampered(engine, (connection) => ({
        async prompt(request) {
          early.abort();
          await settle();
          return connection.prompt(request);
        },
      })),
    );
    await deaf.session.prompt(session, "wait", { signal: early.signal }).settled();
    await settle();
    await settle();
    const aborted = client.session.prompt(session, "wait");
    await aborted;
    await aborted.abort();
    await aborted.settled();
    await settle();
    expect(subscribers).toBe(0);
    spy.mockRestore();
  });
});

describe("deltas that wait", () => {
  const text = { type: "text_delta", delta: "ab", messageId: "m", partId: "p", offset: 3 } as const;
  const message = {
    type: "message_delta",
    sessionId: "s",
    messageId: "m",
    partId: "p",
    kind: "text",
  } as const;

  it("are merged when one follows the other in the same part", () => {
    expect(mergePromptDeltas(text, { ...text, delta: "c", offset: 5 })).toEqual({ ...text, delta: "abc" });
    const next = { ...message, delta: "c", offset: 5 };
    expect(mergeEngineDeltas({ ...message, delta: "ab", offset: 3 }, next)).toEqual({
      ...message,
      delta: "abc",
      offset: 3,
    });
  });

  it.each([
    ["another part", { ...text, partId: "q", offset: 5 }],
    ["another kind", { ...text, type: "reasoning_delta", offset: 5 } as const],
    ["another place", { ...text, offset: 4 }],
    ["something else", { type: "text_reset", messageId: "m", partId: "p", text: "" } as const],
  ])("stay apart before %s", (_, next) => {
    expect(mergePromptDeltas(text, next)).toBeUndefined();
    expect(mergePromptDeltas({ type: "retrying", attempt: 1, message: "", nextAt: 0 }, next)).toBeUndefined();
  });
});
