import { EngineError } from "@quantumreef/engine-client";
import { acpDriver } from "@quantumreef/engine-client/acp";
import { describe, expect, it } from "vitest";
import { steps } from "./script.ts";
import { run, useFake } from "./support.ts";

describe("an agent that is not as it should be", () => {
  it("prints what is no message: it is told, and everything goes on", async () => {
    const { client, diagnostics } = await useFake({ first: "Welcome to Fake 1.2.3!" });
    const session = await client.session.create();
    const odd = ["{ half", '"text"', "[1]", "null", '{"jsonrpc":"2.0","id":99,"result":{}}', '{"id":1}', ""];
    const { result } = await run(client, session, steps(...odd.map((raw) => ({ raw })), { text: "Fine." }));
    expect(result).toMatchObject({ status: "completed", text: "Fine." });
    const told = diagnostics.filter(({ code }) => code === "malformed_event");
    expect(told).toHaveLength(odd.length);
    expect(told[0]?.message).toContain("Welcome to Fake");
  });

  it("sends a line of 16 MB", async () => {
    const { client } = await useFake();
    const session = await client.session.create();
    const size = 16 * 1024 * 1024;
    const { result } = await run(client, session, steps({ big: size }, { text: "!" }));
    expect(result.status).toBe("completed");
    expect(result.text.length).toBe(size + 1);
  });

  it("dies in a turn: the turn is lost with its exit code and its last words, without secrets", async () => {
    const secret = "sk-very-secret-value";
    const { client } = await useFake(
      { capabilities: { loadSession: true } },
      { env: { FAKE_API_KEY: secret } },
    );
    await client.connect();
    const session = await client.session.create();
    const dying = steps({ text: "Half" }, { stderr: `out of luck ${secret}\n` }, { exit: 7 });
    const { result, events } = await run(client, session, dying);
    expect(result).toMatchObject({ status: "lost", text: "Half", message: { complete: false } });
    expect(EngineError.is(result.error, "TURN_LOST")).toBe(true);
    expect(result.error?.message).toMatch(/exit code 7[\s\S]*out of luck \*\*\*/);
    expect(JSON.stringify([result, events])).not.toContain(secret);
    const next = await run(client, session, steps({ text: "Again." }));
    expect(next.result).toMatchObject({ status: "completed", text: "Again." });
    expect(await client.session.messages(session)).toHaveLength(4);
  });

  it("dies while nobody listens: what is asked next starts it again", async () => {
    const { client } = await useFake({ capabilities: { loadSession: true } }, { client: { idleTimeout: 0 } });
    const session = await client.session.create();
    await run(client, session, steps({ kill: true }));
    expect(await client.health()).toMatchObject({ ok: true });
    expect((await run(client, session, "Hello")).result).toMatchObject({ text: "Hello" });
  });

  it("ends at once: PROCESS_FAILED with what it said, and how to install it", async () => {
    const { client } = await useFake(
      { stderr: "bad config\n", exit: 3 },
      { help: { install: "Install it." } },
    );
    const failed = client.session.create();
    await expect(failed).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/exit code 3[\s\S]*bad config[\s\S]*Install it\./),
    });
  });

  it("is not there", async () => {
    const { client } = await useFake({}, { command: "no-such-agent-here", args: [] });
    await expect(client.session.list()).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringContaining("no-such-agent-here"),
    });
    expect(await client.health()).toMatchObject({ ok: false });
  });

  it("never introduces itself: TIMEOUT, and its process is gone", async () => {
    const { client } = await useFake({ silent: true, stderr: "thinking\n" }, { startTimeout: 1_500 });
    await expect(client.session.list()).rejects.toMatchObject({
      code: "TIMEOUT",
      message: expect.stringMatching(/1500 ms/),
    });
  });

  it("speaks another version of the protocol", async () => {
    const { client } = await useFake({ protocolVersion: 2 });
    await expect(client.session.list()).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  it("does not end a turn that was cancelled, but goes on being asked", { timeout: 40_000 }, async () => {
    const { client, codes } = await useFake({ ignoresCancel: true });
    const session = await client.session.create();
    const call = client.session.prompt(session, steps({ text: "On and on" }, { hang: true }));
    for await (const event of call) if (event.type === "text_delta") await call.abort();
    expect(await call.settled()).toMatchObject({ status: "aborted", text: "On and on" });
    expect((await run(client, session, "Next")).result).toMatchObject({ status: "completed", text: "Next" });
    expect(codes()).toContain("cancel_ignored");
  });
});

describe("an agent that wants somebody to log in", () => {
  it("says so, with its ways", async () => {
    const { client } = await useFake({ wantsLogin: true }, { help: { login: "Run `fake login`." } });
    await expect(client.session.create()).rejects.toMatchObject({
      code: "AUTH_REQUIRED",
      message:
        "Authentication required. Run `fake login`. " +
        'Choose one of its ways with the option authMethod: "key" (With a key).',
    });
  });

  it("is logged in by one of them", async () => {
    const { client } = await useFake({}, { authMethod: "key" });
    const session = await client.session.create();
    const { result } = await run(client, session, steps({ log: true }));
    expect(result.text).toContain('authenticate {\\"methodId\\":\\"key\\"}');
    const wrong = await useFake({}, { authMethod: "other" });
    await expect(wrong.client.session.create()).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringMatching(/^no such way\. Choose one .*"key" \(With a key\)\.$/),
    });
    const failing = await useFake({}, { authMethod: "no-key" });
    await expect(failing.client.session.create()).rejects.toMatchObject({
      code: "AUTH_REQUIRED",
      message: expect.stringMatching(/^KEY is not set\. Choose one /),
    });
  });
});

it("refuses options that can't be meant", () => {
  expect(() => acpDriver({ command: "" })).toThrow("acpDriver: command must name a program.");
  expect(() => acpDriver({ command: "x", timeout: 0 })).toThrow("timeout must be a number above 0");
});
