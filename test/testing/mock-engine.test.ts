import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import type { MockStep } from "../../src/testing/mock-steps.ts";
import { clientOf, collect, fold, gate, rejection, settle, stage } from "../hub/support.ts";

describe("createMockEngine", () => {
  it("answers without being told how", async () => {
    const { client, session, engine } = await stage();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    expect(await client.session.prompt(session, "Again").text()).toBe("Mock answer.");
    // The session is read once: then it is known.
    const prompt = `prompt ${session.id}`;
    expect(engine.calls).toEqual([`create ${session.id}`, "snapshot", prompt, prompt]);
  });

  it("lets its clients name the turn, but not by a message that is there", async () => {
    const { client, session, engine } = await stage();
    const result = await client.session.prompt(session, "Hi", { messageId: "mine" }).result();
    expect(result).toMatchObject({ turnId: "mine", message: { turnId: "mine" } });
    expect(await client.session.messages(session)).toMatchObject([{ id: "mine" }, { turnId: "mine" }]);
    const again = await client.session.prompt(session, "Hi", { messageId: "mine" }).settled();
    expect(again).toMatchObject({ status: "error", error: { code: "INVALID_REQUEST" } });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    expect(engine.calls.filter((call) => call.startsWith("prompt"))).toHaveLength(3);
  });

  it("keeps what is attached to a prompt", async () => {
    const { client, session } = await stage();
    const image = { type: "image", url: "data:image/png;base64,AA==", mimeType: "image/png" } as const;
    const { parts } = await client.message.create(session, [{ type: "text", text: "Look" }, image]);
    expect(parts).toMatchObject([{ type: "text", text: "Look" }, image]);
  });

  it("summarizes, or can be made to lack that and other things", async () => {
    const { client, session } = await stage();
    expect(await client.session.summarize(session)).toBe("Mock summary.");
    expect(await rejection(client.session.summarize("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    const told = clientOf(createMockEngine(undefined, { summary: "All of it." }));
    expect(await told.session.summarize(await told.session.create())).toBe("All of it.");
    const lacking = clientOf(createMockEngine(undefined, { capabilities: { summarize: false } }));
    expect(lacking.capabilities).toMatchObject({ summarize: false, permissions: true });
    expect(await rejection(lacking.session.summarize("any"))).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("has nothing to abort in a session that is not there", async () => {
    const { client } = await stage();
    expect(await rejection(client.session.abort("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("plays a script of steps, made anew for each prompt", async () => {
    const { client, session } = await stage(({ content }) => [
      { reasoning: "Hm." },
      { text: `You said ${content}.` },
      { tool: "edit", input: { path: "a" }, output: "done" },
    ]);
    for (const content of ["one", "two"]) {
      const result = await client.session.prompt(session, content).result();
      expect(result.text).toBe(`You said ${content}.`);
      expect(result.toolCalls).toMatchObject([{ name: "edit", input: { path: "a" }, output: "done" }]);
      expect(result.message?.parts?.map(({ type }) => type)).toEqual(["reasoning", "text", "tool"]);
    }
  });

  it("plays a script that waits for things", async () => {
    const hold = gate();
    const { client, session } = await stage(async function* (): AsyncGenerator<MockStep> {
      yield { text: "One " };
      await hold.opened;
      yield { text: "two." };
    });
    const call = client.session.prompt(session, "Hi");
    const iterator = call[Symbol.asyncIterator]();
    expect(await iterator.next()).toMatchObject({ value: { type: "text_delta", delta: "One " } });
    hold.open();
    expect(await call.text()).toBe("One two.");
  });

  it("fails a turn by an error step, and by a script that throws", async () => {
    const { client, session } = await stage(({ content }) => {
      if (content === "throw") throw new Error("broken script");
      return [{ error: { code: "CONTEXT_OVERFLOW", message: "Too long." } }];
    });
    expect(await rejection(client.session.prompt(session, "Hi").text())).toMatchObject({
      code: "CONTEXT_OVERFLOW",
    });
    const failure = await rejection(client.session.prompt(session, "throw").text());
    expect(failure).toMatchObject({ code: "UNKNOWN", message: expect.stringContaining("broken script") });
  });

  it("ends the tool call that waits for permission when it is aborted", async () => {
    const { client, session } = await stage(() => [{ tool: "bash", ask: { description: "Run" } }]);
    client.events.subscribe(() => {});
    const call = client.session.prompt(session, "Hi");
    let asked = "";
    for await (const event of call) {
      if (event.type !== "permission_requested") continue;
      asked = event.permissionId;
      await call.abort();
    }
    expect(await call.settled()).toMatchObject({ status: "aborted", toolCalls: [{ status: "error" }] });
    expect(client.registry.getSnapshot().permissions).toEqual([]);
    expect(await client.permissions.list()).toEqual([]);
    expect(await rejection(client.permissions.reply(asked, "allow"))).toMatchObject({
      code: "PERMISSION_NOT_FOUND",
    });
  });

  it("remembers what it emits, for those who come later", async () => {
    const engine = createMockEngine();
    engine.emit({
      type: "session_created",
      session: { id: "ses_x", title: "X", createdAt: 1, updatedAt: 1 },
    });
    const message = { id: "msg_x", sessionId: "ses_x", role: "user", createdAt: 1, turnId: "msg_x" } as const;
    engine.emit({ type: "message_updated", message });
    const part = { type: "text", id: "prt_x", text: "Hello" } as const;
    engine.emit({ type: "part_updated", sessionId: "ses_x", messageId: "msg_x", part, complete: true });
    const client = clientOf(engine);
    expect((await client.session.list()).map(({ title }) => title)).toEqual(["X"]);
    expect(await client.session.messages("ses_x")).toMatchObject([{ content: { text: "Hello" } }]);
    engine.emit({ type: "message_removed", sessionId: "ses_x", messageId: "msg_x" });
    expect(await client.session.messages("ses_x")).toEqual([]);
    engine.emit({ type: "session_deleted", sessionId: "ses_x" });
    expect(await client.session.list()).toEqual([]);
  });

  it("is one engine for any number of clients", async () => {
    const { client, engine, session } = await stage();
    const others = [clientOf(engine), clientOf(engine)];
    await Promise.all([client, ...others].map((each) => each.connect()));
    expect(engine.listeners).toBe(3);
    const seen: EngineEvent[] = [];
    others[0]?.events.subscribe((event) => seen.push(event));
    const events = await collect(client.session.prompt(session, "Hi"));
    expect(fold(events)).toBe("Mock answer.");
    const deltas = seen.flatMap((event) => (event.type === "message_delta" ? event.delta : []));
    expect(deltas.join("")).toBe("Mock answer.");
  });

  it("drops every stream, and refuses new ones until told otherwise", async () => {
    const { client, engine } = await stage();
    await client.connect();
    engine.refuse(new Error("down"));
    engine.drop();
    await settle();
    expect(engine.listeners).toBe(0);
    expect((await rejection(clientOf(engine).session.list())).message).toBe("down");
    engine.refuse();
    expect(await clientOf(engine).session.list()).toHaveLength(1);
  });

  it("closes what a client opened when that is disposed", async () => {
    const { client, engine } = await stage();
    await client.connect();
    expect(engine.listeners).toBe(1);
    await client.dispose();
    expect(engine.listeners).toBe(0);
  });

  it("is not upset by a session that goes while it is prompted", async () => {
    const { client, engine, session } = await stage();
    const call = client.session.prompt(session, "Hi");
    const asked = new Promise<void>((resolve) => {
      const push = engine.calls.length;
      const look = () => (engine.calls.length > push + 1 ? resolve() : queueMicrotask(look));
      look();
    });
    await asked;
    engine.emit({ type: "session_deleted", sessionId: session.id });
    expect((await call.settled()).error).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});
