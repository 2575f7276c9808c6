import { describe, expect, it, vi } from "vitest";
import type { PromptReceipt, PromptRequest } from "../../src/engine/driver-requests.ts";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, fold, settle, stoppedClock, tampered } from "./support.ts";

const broken = () => new EngineError("ENGINE_UNAVAILABLE", "The connection broke.");

/** An engine whose answers to prompts get lost so many times; `reaches`: the prompt itself does not. */
function losing(times: number, reaches: boolean) {
  const engine = createMockEngine();
  const sent: (string | undefined)[] = [];
  const taken = new Map<string, PromptReceipt>();
  const driver = tampered(engine, (connection) => ({
    async prompt(request: PromptRequest): Promise<PromptReceipt> {
      const { sendAs: sentAs = `msg_own_${sent.length}` } = request;
      sent.push(request.sendAs);
      const isLost = sent.length <= times;
      // As an engine does that knows its prompts by their names.
      if (reaches || !isLost) {
        const known = taken.get(sentAs) ?? (await connection.prompt({ ...request, messageId: sentAs }));
        taken.set(sentAs, known);
      }
      const accepted = isLost ? Promise.reject(broken()) : Promise.resolve();
      accepted.catch(() => {});
      return { turnId: sentAs, sentAs, accepted };
    },
  }));
  return { engine, driver, sent };
}

async function prompted(lost: ReturnType<typeof losing>) {
  stoppedClock();
  vi.spyOn(Math, "random").mockReturnValue(0);
  const client = clientOf(lost.driver);
  const session = await client.session.create();
  const call = client.session.prompt(session, "Hi");
  const events = collect(call);
  for (const wait of [100, 400, 1_600]) {
    await settle();
    await vi.advanceTimersByTimeAsync(wait);
  }
  await settle();
  vi.restoreAllMocks();
  return {
    client,
    session,
    call,
    events,
    asked: () => lost.engine.calls.filter((c) => c.startsWith("prompt")),
  };
}

describe("a prompt whose answer gets lost", () => {
  it.each([1, 2, 3])("%i times is sent again under its name, and stays one prompt", async (times) => {
    const lost = losing(times, false);
    const { call, events, asked, client, session } = await prompted(lost);
    expect(await call.text()).toBe("Mock answer.");
    expect(fold(await events)).toBe("Mock answer.");
    const [first, ...again] = lost.sent;
    expect(first).toBeUndefined();
    expect(again).toEqual(Array(times).fill("msg_own_0"));
    expect(asked()).toHaveLength(1);
    expect(await client.session.messages(session)).toHaveLength(2);
  });

  it("is not sent again when the engine tells of it", async () => {
    const lost = losing(1, true);
    const { call, events } = await prompted(lost);
    expect(await call.text()).toBe("Mock answer.");
    expect(fold(await events)).toBe("Mock answer.");
    expect(lost.sent).toHaveLength(1);
  });

  it("is not sent again when the engine tells of it while that is waited for", async () => {
    stoppedClock();
    const engine = createMockEngine(() => [{ wait: new Promise(() => {}) }]);
    let sent = 0;
    const late = tampered(engine, (connection) => ({
      async prompt(request: PromptRequest): Promise<PromptReceipt> {
        sent += 1;
        const accepted = Promise.reject(broken());
        accepted.catch(() => {});
        // It was taken; what it leads to is told a moment later.
        setTimeout(() => void connection.prompt({ ...request, messageId: "msg_own" }), 50);
        return { turnId: "msg_own", sentAs: "msg_own", accepted };
      },
    }));
    const client = clientOf(late);
    const call = client.session.prompt(await client.session.create(), "Hi");
    await settle();
    await vi.advanceTimersByTimeAsync(2_100);
    await settle();
    expect(sent).toBe(1);
    expect((await call).turnId).toBe("msg_own");
  });

  it("is given up after the fourth", async () => {
    const lost = losing(9, false);
    const { call } = await prompted(lost);
    expect(await call.settled()).toMatchObject({ status: "error", error: { code: "ENGINE_UNAVAILABLE" } });
    expect(lost.sent).toHaveLength(4);
  });

  it("is not sent again where a second sending would be a second prompt", async () => {
    const engine = createMockEngine();
    let sent = 0;
    const client = clientOf(
      tampered(engine, () => ({
        prompt: async () => {
          sent += 1;
          return { turnId: "msg_t", accepted: Promise.reject(broken()) };
        },
      })),
    );
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").settled()).toMatchObject({ status: "error" });
    expect(sent).toBe(1);
  });

  it("is not sent again when it was refused", async () => {
    const engine = createMockEngine();
    let sent = 0;
    const refusal = new EngineError("INVALID_REQUEST", "No such model.");
    const client = clientOf(
      tampered(engine, () => ({
        prompt: async () => {
          sent += 1;
          return { turnId: "msg_t", sentAs: "msg_t", accepted: Promise.reject(refusal) };
        },
      })),
    );
    const session = await client.session.create();
    expect((await client.session.prompt(session, "Hi").settled()).error).toBe(refusal);
    expect(sent).toBe(1);
  });
});

describe("an abort that gets lost", () => {
  it("is said again, a few times", async () => {
    const engine = createMockEngine(() => [{ wait: new Promise(() => {}) }]);
    let lost = 2;
    const client = clientOf(
      tampered(engine, (connection) => ({
        async abort(sessionId, call) {
          lost -= 1;
          if (lost >= 0) throw broken();
          await connection.abort(sessionId, call);
        },
      })),
    );
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    await call;
    await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted" });
    expect(engine.calls.filter((asked) => asked.startsWith("abort"))).toHaveLength(1);
  });
});
