import { describe, expect, it } from "vitest";
import type { PromptRequest } from "../../src/engine/driver-requests.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, rejection, settle, stage, unhandledRejections, until } from "./support.ts";

/** Answers with the prompt's own words; `"wait"` waits until the gate opens. */
function echo() {
  const hold = gate();
  const asked: string[] = [];
  const script = async function* ({ content }: PromptRequest) {
    asked.push(String(content));
    yield { text: `${content}.` };
    if (content === "wait") yield { wait: hold.opened };
  };
  return { hold, asked, script };
}

describe("a prompt to a session that is at work", () => {
  it("waits until it is at rest, whoever put it to work: one prompt, one answer", async () => {
    const { hold, asked, script } = echo();
    const { client, engine, session } = await stage(script);
    const other = clientOf(engine);
    const theirs = other.session.prompt(session, "wait");
    await theirs;
    const mine = ["one", "two", "three"].map((word) => client.session.prompt(session, word));
    await settle();
    expect(asked).toEqual(["wait"]);
    hold.open();
    expect(await Promise.all(mine.map((call) => call.text()))).toEqual(["one.", "two.", "three."]);
    expect(asked).toEqual(["wait", "one", "two", "three"]);
    expect(await theirs.text()).toBe("wait.");
    const statuses = await Promise.all(mine.map(async (call) => (await call.settled()).status));
    expect(statuses).toEqual(["completed", "completed", "completed"]);
  });

  it("waits behind one that failed, too", async () => {
    const script = ({ content }: PromptRequest) =>
      content === "bad" ? [{ error: { code: "PROVIDER_ERROR", message: "No." } }] : [{ text: "good" }];
    const { client, session } = await stage(script);
    const bad = client.session.prompt(session, "bad");
    const good = client.session.prompt(session, "good");
    expect(await bad.settled()).toMatchObject({ status: "error" });
    expect(await good.text()).toBe("good");
  });

  it("does not keep sessions waiting for each other", async () => {
    const { hold, script } = echo();
    const { client, session } = await stage(script);
    const busy = client.session.prompt(session, "wait");
    await busy;
    const other = await client.session.create();
    expect(await client.session.prompt(other, "now").text()).toBe("now.");
    hold.open();
    await busy.text();
  });

  it("is not sent when the session is aborted meanwhile", async () => {
    const { asked, script } = echo();
    const { client, session } = await stage(script);
    const running = client.session.prompt(session, "wait");
    await running;
    const waiting = client.session.prompt(session, "later");
    const failures = unhandledRejections(async () => {
      await settle();
      await client.session.abort(session);
      expect(await running.settled()).toMatchObject({ status: "aborted" });
      const result = await waiting.settled();
      expect(result).toMatchObject({ status: "aborted", error: { code: "PROMPT_ABORTED" }, messages: [] });
    });
    expect(await failures).toEqual([]);
    expect(asked).toEqual(["wait"]);
    // The line is empty again.
    expect(await client.session.prompt(session, "next").text()).toBe("next.");
  });

  it("leaves the line when its own caller gives up, and the next one moves up", async () => {
    const { hold, asked, script } = echo();
    const { client, session } = await stage(script);
    const running = client.session.prompt(session, "wait");
    await running;
    const control = new AbortController();
    const given = client.session.prompt(session, "given up", { signal: control.signal });
    const withdrawn = client.session.prompt(session, "withdrawn");
    const last = client.session.prompt(session, "last");
    await settle();
    control.abort(new Error("enough"));
    await withdrawn.abort();
    expect(await rejection(given.text())).toMatchObject({ message: "enough" });
    expect(await withdrawn.settled()).toMatchObject({ status: "aborted" });
    hold.open();
    expect(await last.text()).toBe("last.");
    expect(asked).toEqual(["wait", "last"]);
  });

  it("goes on being told when one that is ahead of it is aborted by its caller", async () => {
    const { script } = echo();
    const { client, session } = await stage(script);
    const running = client.session.prompt(session, "wait");
    const next = client.session.prompt(session, "next");
    await running;
    await running.abort();
    expect(await next.text()).toBe("next.");
  });

  it("is refused with ifRunning: reject", async () => {
    const { hold, asked, script } = echo();
    const { client, session } = await stage(script);
    expect(await client.session.prompt(session, "free", { ifRunning: "reject" }).text()).toBe("free.");
    const running = client.session.prompt(session, "wait");
    const refused = client.session.prompt(session, "no", { ifRunning: "reject" });
    expect(await rejection(refused.text())).toMatchObject({
      code: "SESSION_RUNNING",
      sessionId: session.id,
      message: expect.stringContaining("queue"),
    });
    hold.open();
    await running.text();
    expect(asked).toEqual(["free", "wait"]);
  });

  it("is sent at once with ifRunning: steer", async () => {
    const { hold, asked, script } = echo();
    const { client, session } = await stage(script);
    const running = client.session.prompt(session, "wait");
    await running;
    const steering = client.session.prompt(session, "left", { ifRunning: "steer" });
    await steering;
    await until(() => asked.length === 2);
    expect(asked).toEqual(["wait", "left"]);
    hold.open();
    expect(await steering.text()).toBe("left.");
  });

  it("stops what runs, and what waits, with ifRunning: abort", async () => {
    const { asked, script } = echo();
    const { client, engine, session } = await stage(script);
    const running = client.session.prompt(session, "wait");
    await running;
    const waiting = client.session.prompt(session, "waiting");
    const urgent = client.session.prompt(session, "urgent", { ifRunning: "abort" });
    expect(await urgent.text()).toBe("urgent.");
    expect(await running.settled()).toMatchObject({ status: "aborted" });
    expect(await waiting.settled()).toMatchObject({ status: "aborted" });
    expect(asked).toEqual(["wait", "urgent"]);
    expect(engine.calls).toContain(`abort ${session.id}`);
  });

  it("that waits settles when the client is disposed", async () => {
    const { script } = echo();
    const { client, session } = await stage(script);
    await client.session.prompt(session, "wait");
    const waiting = client.session.prompt(session, "later");
    await settle();
    await client.dispose();
    expect(await waiting.settled()).toMatchObject({ error: { code: "ENGINE_UNAVAILABLE" }, messages: [] });
  });
});

describe("dispose({ abortRunning: true })", () => {
  it("stops the turns of this client, and no others", async () => {
    const { script } = echo();
    const engine = createMockEngine(script);
    const [mine, theirs] = [clientOf(engine), clientOf(engine)];
    const [first, second] = [await mine.session.create(), await mine.session.create()];
    const call = mine.session.prompt(first, "wait");
    const other = theirs.session.prompt(second, "wait");
    await Promise.all([call, other]);
    await mine.dispose({ abortRunning: true });
    expect((await call.settled()).error).toBeDefined();
    expect(engine.calls.filter((asked) => asked.startsWith("abort"))).toEqual([`abort ${first.id}`]);
  });

  it("is not what dispose() does by itself", async () => {
    const { script } = echo();
    const { client, engine, session } = await stage(script);
    await client.session.prompt(session, "wait");
    await client.dispose();
    expect(engine.calls.filter((asked) => asked.startsWith("abort"))).toEqual([]);
  });
});
