import { EngineError } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { callTool, failWith, repeat, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";
import { collect, foldPrompt } from "./fold.ts";

const real = useRealEngine();
const slow = script(repeat(400, "tick# ", 25));

describe("turns that do not complete", () => {
  it("keeps what was said when it is aborted in the middle of its text", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, slow);
    const events = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "text_delta" && event.delta.startsWith("tick3")) await call.abort();
    }
    const result = await call.settled();
    expect(result).toMatchObject({ status: "aborted", error: { code: "PROMPT_ABORTED" } });
    expect(result.text).toMatch(/^tick0 tick1 tick2 tick3 /);
    expect(foldPrompt(events).text).toBe(result.text);
    expect(events.at(-1)).toMatchObject({ type: "error", code: "PROMPT_ABORTED", status: "aborted" });
    // The engine agrees, and the session is ready for the next prompt.
    expect((await client.session.messages(session)).at(-1)?.content.text).toBe(result.text);
    expect((await client.session.get(session)).status).toBe("idle");
    expect(await client.session.prompt(session, script(say("Again."))).text()).toBe("Again.");
  });

  it("stops the engine when the caller's signal aborts, and rejects with its reason unchanged", async () => {
    const client = real.client();
    const observer = real.client();
    const ended = observer.events.stream({ types: ["turn_ended"] })[Symbol.asyncIterator]();
    const next = ended.next();
    await observer.connect();
    const session = await client.session.create();
    const controller = new AbortController();
    const reason = new Error("enough");
    const call = client.session.prompt(session, slow, { signal: controller.signal });
    const reading = (async () => {
      for await (const event of call) if (event.type === "text_delta") controller.abort(reason);
    })();
    await expect(reading).rejects.toBe(reason);
    await expect(call.text()).rejects.toBe(reason);
    expect((await call.settled()).status).toBe("aborted");
    // The engine has stopped, too: another client sees it.
    expect((await next).value).toMatchObject({ sessionId: session.id, status: "aborted" });
    await ended.return?.();
    expect((await client.session.messages(session)).at(-1)?.error?.code).toBe("PROMPT_ABORTED");
  });

  it("answers the next prompt, however soon it follows an abort", async () => {
    const client = real.client();
    const session = await client.session.create();
    for (let round = 0; round < 8; round += 1) {
      const controller = new AbortController();
      const call = client.session.prompt(session, slow, { signal: controller.signal });
      for await (const event of call) {
        if (event.type !== "text_delta") continue;
        if (round % 2 === 0) break;
        await call.abort();
      }
      controller.abort();
      const result = await client.session.prompt(session, script(say(`Answer ${round}.`))).settled();
      expect(result).toMatchObject({ status: "completed", text: `Answer ${round}.` });
      expect((await call.settled()).status).toBe("aborted");
    }
  });

  it("tells why the engine gave up before it asked its model", async () => {
    const client = real.client({ workingDirectory: "/nowhere/at/all" });
    const session = await client.session.create();
    const result = await client.session.prompt(session, script(say("Never."))).settled();
    expect(result).toMatchObject({
      status: "error",
      error: { message: expect.stringContaining("/nowhere/at/all") },
    });
  });

  it("lets go, and the engine goes on, when the loop is left", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(repeat(10, "w# ", 20)));
    for await (const event of call) if (event.type === "text_delta") break;
    const result = await call.result();
    expect(result).toMatchObject({ status: "completed", text: "w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 " });
  });

  it("ends a running tool with the turn", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(
      session,
      script(callTool("bash", { command: "echo begin; sleep 60", description: "sleep" })),
    );
    for await (const event of call) {
      if (event.type === "tool_call_update" && event.toolCall.output?.includes("begin"))
        await client.session.abort(session);
    }
    const result = await call.settled();
    expect(result.status).toBe("aborted");
    expect(result.toolCalls[0]?.status).not.toBe("running");
  });

  it("names the provider that refuses its credentials", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(
      session,
      script(failWith(401, { code: "invalid_api_key", message: "Incorrect API key provided" })),
    );
    const events = await collect(call);
    const failure = {
      code: "AUTH_REQUIRED",
      message: expect.stringMatching(/"local".*Incorrect API key provided/),
    };
    expect(events.at(-1)).toMatchObject({ type: "error", status: "error", code: "AUTH_REQUIRED" });
    await expect(call.text()).rejects.toMatchObject(failure);
    expect((await call.settled()).error).toSatisfy((error) => EngineError.is(error, "AUTH_REQUIRED"));
    expect((await client.session.get(session)).status).toBe("error");
  });

  it("knows no session that is not there", async () => {
    const client = real.client();
    const missing = { code: "SESSION_NOT_FOUND" };
    for (const id of ["ses_00000000ffffAAAAAAAAAAAAAA", "nonsense"]) {
      await expect(client.session.get(id)).rejects.toMatchObject(missing);
      await expect(client.session.messages(id)).rejects.toMatchObject(missing);
      await expect(client.session.prompt(id, "hi").text()).rejects.toMatchObject(missing);
    }
  });
});
