import { describe, expect, it, vi } from "vitest";
import type { CreateSessionOptions } from "../../src/engine/call-options.ts";
import type { PromptRequest } from "../../src/engine/driver-requests.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, next, rejection, settle, stage, tampered } from "../hub/support.ts";

describe("client: sessions", () => {
  it("creates, lists and gets them", async () => {
    const { client, session } = await stage();
    const other = await client.session.create({ title: "Two", workingDirectory: "/tmp", model: "a/b" });
    expect(session).toMatchObject({ title: "Test", engineId: "mock", status: "idle" });
    expect(other).toMatchObject({ title: "Two", workingDirectory: "/tmp", model: "a/b" });
    expect(await client.session.list()).toEqual([other, session]);
    expect(await client.session.get(other)).toEqual(other);
    expect(await client.session.get(other.id)).toEqual(other);
    expect(await client.session.create()).toMatchObject({ title: "" });
  });

  it("hands every option of create() to the driver, and its system prompt to each prompt", async () => {
    const asked: PromptRequest[] = [];
    const engine = createMockEngine((prompt) => {
      asked.push(prompt);
      return [{ text: "Aye." }];
    });
    const created: CreateSessionOptions[] = [];
    const client = clientOf(
      tampered(engine, (connection) => ({
        createSession(options) {
          created.push(options);
          return connection.createSession(options);
        },
      })),
    );
    const pirate = await client.session.create({ title: "P", systemPrompt: "Talk like a pirate." });
    const plain = await client.session.create();
    expect(created[0]).toMatchObject({ title: "P", systemPrompt: "Talk like a pirate." });
    for (const session of [pirate, plain, pirate.id]) await client.session.prompt(session, "Hi").text();
    expect(asked.map(({ systemPrompt }) => systemPrompt)).toEqual([
      "Talk like a pirate.",
      undefined,
      "Talk like a pirate.",
    ]);
  });

  it("tells of the engine, not of an old mirror", async () => {
    const { client, engine, session } = await stage();
    await client.connect();
    engine.drop();
    const { engineId: _, status: __, ...told } = session;
    engine.emit({ type: "session_updated", session: { ...told, title: "New" } });
    expect((await client.session.get(session)).title).toBe("New");
    expect((await client.session.list())[0]?.title).toBe("New");
  });

  it("knows the status of a session that runs for somebody else", async () => {
    const hold = gate();
    const { client, engine, session } = await stage(() => [{ wait: hold.opened }]);
    const call = clientOf(engine).session.prompt(session, "Hi");
    await call;
    expect((await client.session.get(session)).status).toBe("running");
    hold.open();
    await call.text();
    expect((await client.session.get(session)).status).toBe("idle");
  });

  it("gives the messages, oldest first", async () => {
    const { client, session } = await stage(() => [
      { tool: "bash", input: { command: "ls" }, output: "a" },
      { text: "Done." },
    ]);
    expect(await client.session.messages(session)).toEqual([]);
    await client.session.prompt(session, "Hi").text();
    const messages = await client.session.messages(session.id);
    expect(messages).toMatchObject([
      { role: "user", content: { type: "text", text: "Hi" } },
      {
        role: "assistant",
        content: { text: "Done." },
        toolCalls: [{ name: "bash", status: "success", output: "a" }],
        toolResults: [{ output: "a" }],
        stopReason: "stop",
      },
    ]);
    expect(messages[1]?.turnId).toBe(messages[0]?.id);
  });

  it("aborts what runs, and does nothing where nothing runs", async () => {
    const { client, session } = await stage(() => [{ wait: new Promise(() => {}) }]);
    await client.session.abort(session);
    const call = client.session.prompt(session, "Hi");
    await call;
    await client.session.abort(session.id);
    expect((await call.settled()).status).toBe("aborted");
    expect(client.registry.get(session)?.status).toBe("idle");
  });

  it("stores a message without a turn", async () => {
    const { client, session, engine } = await stage();
    const message = await client.message.create(session, "Remember this.");
    expect(message).toMatchObject({
      role: "user",
      sessionId: session.id,
      content: { text: "Remember this." },
    });
    const content = { type: "text", text: "And this." } as const;
    await client.message.create(session.id, [content]);
    const texts = (await client.session.messages(session)).map((stored) => stored.content.text);
    expect(texts).toEqual(["Remember this.", "And this."]);
    expect(engine.calls).not.toContain(`prompt ${session.id}`);
  });

  it("says which session it does not find", async () => {
    const { client } = await stage();
    const missing = { code: "SESSION_NOT_FOUND", sessionId: "ses_none" };
    expect(await rejection(client.session.get("ses_none"))).toMatchObject(missing);
    expect(await rejection(client.session.messages({ id: "ses_none" }))).toMatchObject(missing);
    expect(await rejection(client.message.create("ses_none", "Hi"))).toMatchObject(missing);
  });
});

describe("client: what the engine can't do", () => {
  it.each<[string, (client: ManagedEngineClient) => Promise<unknown>]>([
    ["diff", (client) => client.session.diff("ses_1")],
    ["summarize", (client) => client.session.summarize("ses_1")],
    ["models", (client) => client.models.list()],
    ["request", (client) => client.request("GET", "/x")],
    ["reviewEdits", (client) => client.session.create({ reviewEdits: true })],
  ])("is UNSUPPORTED, with the capability's name: %s", async (capability, call) => {
    const engine = createMockEngine(undefined, { capabilities: { summarize: false } });
    const client = clientOf(engine);
    const asked = engine.calls.length;
    const failure = await rejection(call(client));
    expect(failure).toMatchObject({ code: "UNSUPPORTED", engine: "mock" });
    expect(failure.message).toContain(`"${capability}"`);
    expect(engine.calls).toHaveLength(asked);
  });

  it("is UNSUPPORTED also when the driver promises it and has no such call", async () => {
    const engine = createMockEngine();
    const client = clientOf({ ...engine, capabilities: { ...engine.capabilities, diff: true } });
    expect(await rejection(client.session.diff("ses_1"))).toMatchObject({ code: "UNSUPPORTED" });
  });

  it("depends on the release: what a connection says of itself counts", async () => {
    const engine = createMockEngine();
    const capabilities = { ...engine.capabilities, diff: true, storeMessage: false };
    const diff = vi.fn(async () => []);
    const client = clientOf(tampered(engine, () => ({ capabilities, diff })));
    expect(client.capabilities).toEqual(engine.capabilities);
    const session = await client.session.create();
    expect(await client.session.diff(session, { messageId: "msg_1" })).toEqual([]);
    expect(diff).toHaveBeenCalledWith(session.id, expect.objectContaining({ messageId: "msg_1" }));
    expect(await rejection(client.message.create(session, "Hi"))).toMatchObject({ code: "UNSUPPORTED" });
    expect(client.capabilities).toEqual(capabilities);
  });
});

describe("client: permissions", () => {
  const asking = () => [{ tool: "bash", output: "ok", ask: { description: "Run `ls`" } }];

  it("lists what waits, and takes answers by id, by request and by event", async () => {
    const { client, session } = await stage(asking);
    client.events.subscribe(() => {});
    const answers = [
      async () => (await next(client, "permission_requested")).permissionId,
      () => next(client, "permission_requested"),
      async () => {
        await next(client, "permission_requested");
        const [request] = await client.permissions.list();
        return request ?? "nothing waits";
      },
    ];
    for (const answer of answers) {
      const asked = answer();
      const call = client.session.prompt(session, "Hi");
      await client.permissions.reply(await asked, "allow");
      expect((await call.result()).toolCalls).toMatchObject([{ status: "success" }]);
      expect(await client.permissions.list()).toEqual([]);
    }
  });

  it("tells the driver the session that asked, also when only the id was given, and the message", async () => {
    const engine = createMockEngine(asking);
    const reply = vi.fn();
    const client = clientOf(
      tampered(engine, (connection) => ({
        async replyPermission(answer) {
          reply(answer);
          await connection.replyPermission?.(answer);
        },
      })),
    );
    client.events.subscribe(() => {});
    const session = await client.session.create();
    const asked = next(client, "permission_requested");
    const call = client.session.prompt(session, "Hi");
    const { permissionId } = await asked;
    await client.permissions.reply(permissionId, "deny", { message: "Not now." });
    expect(reply.mock.lastCall?.[0]).toMatchObject({
      permissionId,
      sessionId: session.id,
      decision: "deny",
      message: "Not now.",
    });
    await call.settled();
  });

  it("says that nobody asked, or that it was answered", async () => {
    const { client, session } = await stage(asking);
    client.events.subscribe(() => {});
    const missing = { code: "PERMISSION_NOT_FOUND" };
    expect(await rejection(client.permissions.reply("per_none", "allow"))).toMatchObject(missing);
    const asked = next(client, "permission_requested");
    const call = client.session.prompt(session, "Hi");
    const event = await asked;
    await client.permissions.reply(event, "allow");
    expect(await rejection(client.permissions.reply(event, "deny"))).toMatchObject(missing);
    expect((await call.result()).toolCalls).toMatchObject([{ status: "success" }]);
  });
});

describe("client: the signal of a call", () => {
  const reason = { my: "reason" };

  it("rejects with its reason, unchanged, before and while the engine is asked", async () => {
    const engine = createMockEngine();
    const hold = gate();
    const client = clientOf({
      ...engine,
      async connect(options) {
        await hold.opened;
        return engine.connect(options);
      },
    });
    const aborted = { signal: AbortSignal.abort(reason) };
    expect(await rejection(client.session.list(aborted))).toBe(reason);
    const controller = new AbortController();
    const { signal } = controller;
    const calls = [
      client.session.list({ signal }),
      client.session.create({ signal }),
      client.session.get("ses_1", { signal }),
      client.session.messages("ses_1", { signal }),
      client.session.abort("ses_1", { signal }),
      client.message.create("ses_1", "Hi", { signal }),
      client.permissions.list({ signal }),
      client.permissions.reply("per_1", "allow", { signal }),
      client.connect({ signal }),
    ].map(rejection);
    controller.abort(reason);
    for (const failure of await Promise.all(calls)) expect(failure).toBe(reason);
    // What was given up is not done after all when the engine can be reached.
    hold.open();
    await settle();
    expect(engine.calls).toEqual([]);
  });
});
