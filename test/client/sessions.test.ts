import { describe, expect, it, vi } from "vitest";
import type { ListedSession, SessionPageRequest } from "../../src/engine/driver-requests.ts";
import { EngineError } from "../../src/engine/errors.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { Session } from "../../src/engine/session.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, collect, gate, rejection, settle, stage, tampered, until } from "../hub/support.ts";

const titles = (sessions: readonly Session[]) => sessions.map(({ title }) => title);

/** Sessions of several kinds, the oldest first. */
async function library() {
  const engine = createMockEngine();
  const client = clientOf(engine);
  const told = { createdAt: 1, workingDirectory: "/a" };
  const put = (id: string, updatedAt: number, more: Partial<Session> = {}) =>
    engine.emit({ type: "session_created", session: { id, title: id, updatedAt, ...told, ...more } });
  put("one", 1);
  put("Two", 2, { workingDirectory: "/b" });
  put("three", 3, { archived: true });
  put("four", 4, { parentId: "one" });
  put("five", 5, { parentId: "one", archived: true });
  return { engine, client };
}

describe("client.session.list", () => {
  it.each<[Parameters<ManagedEngineClient["session"]["list"]>[0], readonly string[]]>([
    [undefined, ["four", "Two", "one"]],
    [{ includeArchived: true }, ["five", "four", "three", "Two", "one"]],
    [{ rootsOnly: true }, ["Two", "one"]],
    [{ workingDirectory: "/a" }, ["four", "one"]],
    [{ workingDirectory: "/a/" }, ["four", "one"]],
    [{ workingDirectory: "/" }, []],
    [{ search: "TWO" }, ["Two"]],
    [{ search: "o" }, ["four", "Two", "one"]],
    [{ search: "" }, ["four", "Two", "one"]],
    [{ limit: 2 }, ["four", "Two"]],
    [{ limit: 0 }, []],
    [{ limit: 9, search: "o", rootsOnly: true, workingDirectory: "/a" }, ["one"]],
  ])("with %o", async (options, expected) => {
    const { client } = await library();
    expect(titles(await client.session.list(options))).toEqual(expected);
    if (options?.limit !== undefined) return;
    expect(titles(await collect(client.session.all(options)))).toEqual(expected);
  });

  it.each([-1, 1.5, Number.NaN])("takes no limit of %s", async (limit) => {
    const { client } = await library();
    expect(await rejection(client.session.list({ limit }))).toMatchObject({ code: "INVALID_REQUEST" });
    const all = collect(client.session.all({ pageSize: limit }));
    expect(await rejection(all)).toMatchObject({ code: "INVALID_REQUEST" });
  });
});

/** An engine that has pages: `session_<n>`, of which each page ends with the first of the next. */
function paged(count: number) {
  const asked: SessionPageRequest[] = [];
  const listed = (n: number): ListedSession => ({
    session: { id: `session_${n}`, title: `${n}`, createdAt: 1, updatedAt: count - n },
    running: n === 1,
  });
  const client = clientOf(
    tampered(createMockEngine(), () => ({
      async listSessions(request) {
        asked.push(request);
        const first = Number(request.cursor ?? 0);
        const next = first + request.limit;
        const numbers = Array.from({ length: Math.max(0, Math.min(request.limit + 1, count - first)) });
        return {
          sessions: numbers.map((_, index) => listed(first + index)),
          cursor: next < count ? String(next) : undefined,
        };
      },
    })),
  );
  return { client, asked };
}

describe("client.session.all", () => {
  it("asks for a page when the one before is read, and gives each session once", async () => {
    const { client, asked } = paged(7);
    const seen: string[] = [];
    const pagesAsked: number[] = [];
    for await (const session of client.session.all({ pageSize: 3, search: "x", rootsOnly: true })) {
      seen.push(session.title);
      pagesAsked.push(asked.length);
    }
    expect(seen).toEqual(["0", "1", "2", "3", "4", "5", "6"]);
    expect(pagesAsked).toEqual([1, 1, 1, 1, 2, 2, 2]);
    expect(asked[1]).toMatchObject({ limit: 3, cursor: "3", search: "x", rootsOnly: true });
  });

  it("asks for no more when the loop is left, and for nothing before it begins", async () => {
    const { client, asked } = paged(7);
    const all = client.session.all({ pageSize: 2 });
    expect(asked).toEqual([]);
    for await (const { status, title } of all) {
      expect(status).toBe(title === "1" ? "running" : "idle");
      if (title === "1") break;
    }
    expect(asked).toHaveLength(1);
  });

  it("ends with the caller's signal, between two sessions of a page too", async () => {
    const { client } = paged(7);
    const controller = new AbortController();
    const read = async () => {
      for await (const _ of client.session.all({ signal: controller.signal })) controller.abort("enough");
    };
    expect(await rejection(read())).toBe("enough");
  });

  it("is what list() reads: no more than its limit", async () => {
    const { client, asked } = paged(1_200);
    expect(await client.session.list()).toHaveLength(1_200);
    expect(asked.map(({ limit }) => limit)).toEqual([500, 500, 500]);
    expect(await client.session.list({ limit: 3 })).toHaveLength(3);
    expect(asked.at(-1)).toMatchObject({ limit: 3 });
  });
});

describe("client.session.update", () => {
  it("changes what is given, and the mirror has it when it resolves", async () => {
    const { client, session } = await stage();
    await client.connect();
    const steps = [
      [{ title: "New" }, ["New", undefined, undefined]],
      [{ starred: true, archived: true }, ["New", true, true]],
      [{ archived: false }, ["New", true, undefined]],
      [{ starred: false }, ["New", undefined, undefined]],
      [{}, ["New", undefined, undefined]],
    ] as const;
    for (const [changes, expected] of steps) {
      const updated = await client.session.update(session, changes);
      expect([updated.title, updated.starred, updated.archived]).toEqual(expected);
      expect(client.registry.get(session)).toEqual(updated);
      expect(await client.session.get(session)).toEqual(updated);
    }
  });

  it("waits for the engine's word a second at most", async () => {
    const engine = createMockEngine();
    const client = clientOf(
      tampered(engine, () => ({
        updateSession: async (id) => ({ id, title: "New", createdAt: 1, updatedAt: 1 }),
      })),
    );
    await client.connect();
    const session = await client.session.create({ title: "Old" });
    const began = performance.now();
    expect((await client.session.update(session, { title: "New" })).title).toBe("New");
    expect(performance.now() - began).toBeLessThan(3_000);
    expect(client.registry.get(session)?.title).toBe("Old");
    // Nor does it keep the client from ending.
    const late = rejection(client.session.update(session, { title: "Newer" }));
    await client.dispose();
    expect(await late).toMatchObject({ code: "ENGINE_UNAVAILABLE" });
  });

  it("passes on what the engine refuses", async () => {
    const { client } = await stage();
    const failure = await rejection(client.session.update("ses_none", { title: "x" }));
    expect(failure).toMatchObject({ code: "SESSION_NOT_FOUND", sessionId: "ses_none" });
  });
});

describe("client.session.delete", () => {
  it("takes the session and its subagents' out of engine and mirror, and tells each once", async () => {
    const { client, engine } = await library();
    await client.connect();
    const deleted: string[] = [];
    client.events.subscribe((event) => {
      if (event.type === "session_deleted") deleted.push(event.sessionId);
    });
    await client.session.delete("one");
    expect(client.registry.get("one")).toBeUndefined();
    expect(client.registry.get("four")).toBeUndefined();
    expect(deleted.toSorted()).toEqual(["five", "four", "one"]);
    expect(await rejection(client.session.get("one"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(await rejection(client.session.delete("one"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(engine.calls.filter((call) => call === "delete one")).toHaveLength(2);
  });

  it("ends the turn that runs in it", async () => {
    const { client, session } = await stage(() => [{ wait: new Promise(() => {}) }]);
    const call = client.session.prompt(session, "Hi");
    await call;
    await client.session.delete(session);
    expect(await call.settled()).toMatchObject({ status: "error", error: { code: "SESSION_NOT_FOUND" } });
    expect(client.registry.list()).toEqual([]);
  });

  it("has succeeded when its answer got lost and it is gone the second time", async () => {
    const engine = createMockEngine();
    const remove = vi.fn();
    const client = clientOf(
      tampered(engine, (connection) => ({
        async deleteSession(id, call) {
          remove();
          await connection.deleteSession?.(id, call);
          if (remove.mock.calls.length === 1) throw new EngineError("ENGINE_UNAVAILABLE", "It broke.");
        },
      })),
    );
    const session = await client.session.create();
    await client.session.delete(session);
    expect(remove).toHaveBeenCalledTimes(2);
  });
});

describe("client.session.fork, children, todo", () => {
  it("copies the messages before one, or all, into a session of its own", async () => {
    const { client, session } = await stage();
    await client.connect();
    for (const content of ["one", "two"]) await client.session.prompt(session, content).text();
    const messages = await client.session.messages(session);
    const second = messages.find(({ content }) => content.text === "two");
    const fork = await client.session.fork(session, { messageId: second?.id });
    expect(client.registry.get(fork)).toEqual(fork);
    expect(fork.id).not.toBe(session.id);
    const copied = await client.session.messages(fork);
    expect(copied.map(({ content }) => content.text)).toEqual(["one", "Mock answer."]);
    expect(copied[1]?.turnId).toBe(copied[0]?.id);
    expect(copied[0]?.id).not.toBe(messages[0]?.id);
    expect(await client.session.messages(await client.session.fork(session))).toHaveLength(4);
    const failure = await rejection(client.session.fork(session, { messageId: "msg_none" }));
    expect(failure).toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("finds children in the list of an engine that has no call for them, archived ones too", async () => {
    const { client } = await library();
    expect(titles(await client.session.children("one"))).toEqual(["five", "four"]);
    expect(await client.session.children({ id: "Two" })).toEqual([]);
    expect(await rejection(client.session.children("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("reads the list that the agent works through", async () => {
    const todo = [{ content: "One", status: "pending", priority: "high" }];
    const { client, session } = await stage(() => [{ todo }, { text: "." }]);
    expect(await client.session.todo(session)).toEqual([]);
    await client.session.prompt(session, "Hi").text();
    expect(await client.session.todo(session)).toEqual(todo);
    expect(await rejection(client.session.todo("none"))).toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});

describe("client.session.revert", () => {
  it("takes back a turn and all after it; with the next prompt they are gone", async () => {
    const { client, session } = await stage();
    await client.connect();
    for (const content of ["one", "two", "three"]) await client.session.prompt(session, content).text();
    const before = await client.session.messages(session);
    const [two, answer] = before.slice(2);
    const reverted = await client.session.revert(session, { messageId: answer?.id ?? "" });
    expect(reverted.revert).toEqual({ messageId: two?.id, filesRestored: false });
    expect(client.registry.get(session)).toEqual(reverted);
    expect(await client.session.messages(session)).toEqual(before);
    expect((await client.session.unrevert(session)).revert).toBeUndefined();
    expect(client.registry.get(session)?.revert).toBeUndefined();

    await client.session.revert(session, { messageId: two?.id ?? "" });
    const events: EngineEvent[] = [];
    client.events.subscribe((event) => events.push(event));
    await client.session.prompt(session, "again").text();
    const gone = before
      .slice(2)
      .map(({ id: messageId }) => ({ type: "message_removed", sessionId: session.id, messageId }));
    expect(events.filter(({ type }) => type === "message_removed")).toEqual(gone);
    const texts = (await client.session.messages(session)).map(({ content }) => content.text);
    expect(texts).toEqual(["one", "Mock answer.", "again", "Mock answer."]);
    expect(client.registry.get(session)?.revert).toBeUndefined();
  });

  it("tells it once, although the engine repeats it", async () => {
    const { engine, client, session } = await stage();
    await client.connect();
    await client.session.prompt(session, "one").text();
    const [one] = await client.session.messages(session);
    const {
      status: _,
      engineId: __,
      ...reverted
    } = await client.session.revert(session, { messageId: one?.id ?? "" });
    const events: EngineEvent[] = [];
    client.events.subscribe((event) => events.push(event));
    const copy = structuredClone(reverted);
    engine.emit({ type: "session_updated", session: copy });
    engine.emit({ type: "session_updated", session: { ...copy, title: "Other" } });
    await settle();
    expect(events.map((event) => "session" in event && event.session.title)).toEqual(["Other"]);
  });

  it("takes back what came from a part on", async () => {
    const { client, session } = await stage(() => [{ text: "first" }, { tool: "bash" }, { text: "last" }]);
    await client.session.prompt(session, "one").text();
    const answer = (await client.session.messages(session))[1];
    const [first, tool] = answer?.parts ?? [];
    await client.session.revert(session, { messageId: answer?.id ?? "", partId: tool?.id });
    await client.session.prompt(session, "two").text();
    const messages = await client.session.messages(session);
    expect(messages).toHaveLength(4);
    expect(messages[1]?.parts).toEqual([first]);
  });

  it("is refused of what is not there, and while the session is at work", async () => {
    const wait = gate();
    const { client, session } = await stage(() => [{ wait: wait.opened }]);
    for (const options of [{ messageId: "msg_none" }, {}, undefined]) {
      const none = client.session.revert(session, options as { messageId: string });
      expect(await rejection(none)).toMatchObject({ code: "INVALID_REQUEST" });
    }
    const call = client.session.prompt(session, "one");
    await call;
    await until(() => client.registry.get(session)?.status === "running");
    const messageId = call.turnId ?? "";
    expect(await rejection(client.session.revert(session, { messageId }))).toMatchObject({
      code: "SESSION_RUNNING",
    });
    expect(await rejection(client.session.unrevert(session))).toMatchObject({ code: "SESSION_RUNNING" });
    wait.open();
    await call.text();
  });
});

describe("client: sessions that an engine can't change", () => {
  it.each<[string, (client: ManagedEngineClient) => Promise<unknown>]>([
    ["updateSession", (client) => client.session.update("ses_1", { title: "x" })],
    ["deleteSession", (client) => client.session.delete("ses_1")],
    ["fork", (client) => client.session.fork("ses_1")],
    ["revert", (client) => client.session.revert("ses_1", { messageId: "msg_1" })],
    ["revert", (client) => client.session.unrevert("ses_1")],
    ["todo", (client) => client.session.todo("ses_1")],
    ["questions", (client) => client.questions.list()],
    ["questions", (client) => client.questions.reply("que_1", [])],
    ["questions", (client) => client.questions.reject("que_1")],
  ])("is UNSUPPORTED, with the capability's name: %s", async (capability, call) => {
    const lacking = createMockEngine(undefined, { capabilities: { [capability]: false } });
    // Also when the driver promises it and has no such call.
    const none = { updateSession: undefined, deleteSession: undefined, forkSession: undefined };
    const more = {
      revertSession: undefined,
      unrevertSession: undefined,
      todo: undefined,
      listQuestions: undefined,
      replyQuestion: undefined,
    };
    const promising = tampered(createMockEngine(), () => ({ ...none, ...more }) as object);
    for (const engine of [lacking, promising]) {
      const failure = await rejection(call(clientOf(engine)));
      expect(failure).toMatchObject({ code: "UNSUPPORTED", engine: "mock" });
      expect(failure.message).toContain(`"${capability}"`);
    }
    expect(lacking.calls).toEqual([]);
  });
});

describe("client.session.update: changes that are none", () => {
  it.each([{ title: 5 }, { title: null }, { archived: "yes" }, { starred: 1 }])(
    "takes no %o",
    async (changes) => {
      const { client } = await library();
      const update = () => Reflect.apply(client.session.update, undefined, ["one", changes]);
      const [name = ""] = Object.keys(changes);
      expect(await rejection(update())).toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining(`The change ${name} of a session must be a `),
      });
    },
  );
});
