import { describe, expect, it } from "vitest";
import type { PromptCall } from "../../src/engine/prompt-call.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, idle, rejection, settle } from "../hub/support.ts";

async function prompted(script: MockScript) {
  const engine = createMockEngine(script, { clock: "manual" });
  const client = clientOf(engine);
  const session = await client.session.create();
  const call = client.session.prompt(session, "Hi");
  await call;
  return { engine, client, session, call };
}

async function isOver(call: PromptCall): Promise<boolean> {
  let isSettled = false;
  void call.settled().then(() => {
    isSettled = true;
  });
  await settle();
  return isSettled;
}

describe("the mock engine's clock", () => {
  it("stands still until the test lets time pass", async () => {
    const { engine, call, client, session } = await prompted(() => [
      { text: "One " },
      { delay: 1_000 },
      { text: "two." },
    ]);
    await engine.advance(999);
    expect(await isOver(call)).toBe(false);
    expect(client.registry.get(session)).toMatchObject({ status: "running" });
    await engine.advance(1);
    expect(await isOver(call)).toBe(true);
    const { text, message } = await call.result();
    expect(text).toBe("One two.");
    expect((message?.completedAt ?? 0) - (message?.createdAt ?? 0)).toBeGreaterThanOrEqual(1_000);
  });

  it("wakes up in order, also who sleeps again meanwhile", async () => {
    const said: string[] = [];
    const script: MockScript = async function* ({ content }) {
      for (const word of ["a", "b"]) {
        yield { delay: content === "slow" ? 300 : 100 };
        said.push(`${content} ${word}`);
      }
    };
    const engine = createMockEngine(script, { clock: "manual" });
    const client = clientOf(engine);
    const calls = ["slow", "quick"].map(async (content) =>
      client.session.prompt(await client.session.create(), content),
    );
    const [slow, quick] = await Promise.all(calls);
    await engine.advance(400);
    expect(said).toEqual(["quick a", "quick b", "slow a"]);
    await engine.advance(1_000);
    expect(said.at(-1)).toBe("slow b");
    expect([await slow?.text(), await quick?.text()]).toEqual(["", ""]);
  });

  it("lets tools take their time", async () => {
    const { engine, call } = await prompted(() => [{ tool: "bash", output: "done", delay: 50 }]);
    const events = collect(call);
    await engine.advance(49);
    expect(await isOver(call)).toBe(false);
    await engine.advance(1);
    expect((await events).flatMap((event) => ("toolCall" in event ? event.toolCall.status : []))).toEqual([
      "pending",
      "running",
      "success",
    ]);
  });

  it("ends a delay, and a tool, that is aborted", async () => {
    for (const script of [() => [{ delay: 50 }], () => [{ tool: "bash", delay: 50 }]] as const) {
      const { call, engine } = await prompted(script);
      await engine.advance(10);
      await call.abort();
      const { status, toolCalls } = await call.settled();
      expect(status).toBe("aborted");
      expect(toolCalls.every((toolCall) => toolCall.status === "error")).toBe(true);
      await engine.advance(100);
    }
  });

  it("goes by itself unless it is manual", async () => {
    const engine = createMockEngine(() => [{ delay: 5 }, { text: "Late." }]);
    const client = clientOf(engine);
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Late.");
    expect(await rejection(engine.advance(1))).toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining('{ clock: "manual" }'),
    });
  });

  it.each([-1, Number.NaN])("does not go back: %d ms", async (ms) => {
    const engine = createMockEngine(idle, { clock: "manual" });
    expect(await rejection(engine.advance(ms))).toMatchObject({
      code: "INVALID_REQUEST",
      message: `No time passes by ${ms} ms: it must be a number, 0 or more.`,
    });
  });
});

describe("the mock engine's permissions", () => {
  it("are remembered for a session, tool and pattern once they are allowed for it", async () => {
    const engine = createMockEngine(({ content }) => [
      { tool: "bash", ask: { description: "Run", patterns: [String(content)] } },
    ]);
    const client = clientOf(engine);
    const asked = async (session: string, content: string) => {
      const call = client.session.prompt(session, content);
      let requests = 0;
      for await (const event of call) {
        if (event.type !== "permission_requested") continue;
        requests += 1;
        await client.permissions.reply(event, "allow_session");
      }
      return requests;
    };
    const [one, other] = [await client.session.create(), await client.session.create()];
    expect(await asked(one.id, "ls")).toBe(1);
    expect(await asked(one.id, "ls")).toBe(0);
    expect(await asked(one.id, "rm")).toBe(1);
    expect(await asked(other.id, "ls")).toBe(1);
  });
});
