import type { EngineEvent, ManagedEngineClient, Session } from "@quantumreef/engine-client";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { callTool, hang, nextStep, say, script } from "../support/scripted-model/script.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { useRealEngine } from "./engine.ts";
import { collect } from "./fold.ts";

const real = useRealEngine({ config: { permission: { bash: "ask" } } });

const ids = (sessions: Iterable<Session>) => [...sessions].map(({ id }) => id);

/** A folder of its own: the tests of this file share one engine. */
async function folder(): Promise<string> {
  const workspace = await createWorkspace({ git: true, files: { "a.txt": "a\n" } });
  onTestFinished(() => workspace[Symbol.asyncDispose]());
  return workspace.directory;
}

async function make(client: ManagedEngineClient, workingDirectory: string, titles: readonly string[]) {
  const made: Session[] = [];
  for (const title of titles) made.push(await client.session.create({ title, workingDirectory }));
  return made.reverse();
}

function eventsOf(client: ManagedEngineClient, session: Session): EngineEvent[] {
  const seen: EngineEvent[] = [];
  client.events.subscribe((event) => {
    if ("session" in event && event.session.id === session.id) seen.push(event);
    else if (event.type === "session_deleted" && event.sessionId === session.id) seen.push(event);
  });
  return seen;
}

describe("the sessions of the real engine: lists", () => {
  it("are read page by page, each session once, the newest first", async () => {
    const client = real.client();
    const workingDirectory = await folder();
    const made = await make(client, workingDirectory, ["1", "2", "3", "4", "5", "6", "7"]);
    expect(ids(await client.session.list({ workingDirectory }))).toEqual(ids(made));
    for (const pageSize of [1, 2, 3, 7, 50]) {
      expect(ids(await collect(client.session.all({ workingDirectory, pageSize })))).toEqual(ids(made));
    }
    expect(ids(await client.session.list({ workingDirectory, limit: 3 }))).toEqual(ids(made.slice(0, 3)));
    expect(await client.session.list({ limit: 0 })).toEqual([]);
    const everywhere = await client.session.list();
    expect(ids(everywhere)).toEqual(expect.arrayContaining(ids(made)));
    expect(await client.session.list({ workingDirectory: `${workingDirectory}/` })).toHaveLength(7);
    expect(await client.session.list({ workingDirectory: `${workingDirectory}/none` })).toEqual([]);
  });

  it("find titles in upper and lower case, and take every sign for itself", async () => {
    const client = real.client();
    const workingDirectory = await folder();
    await make(client, workingDirectory, ["Ärger_1", "100% sure", "plain \\ title"]);
    const found = async (search: string) =>
      (await client.session.list({ workingDirectory, search })).map(({ title }) => title);
    expect(await found("PLAIN")).toEqual(["plain \\ title"]);
    expect(await found("ärger")).toEqual(["Ärger_1"]);
    expect(await found("_")).toEqual(["Ärger_1"]);
    expect(await found("%")).toEqual(["100% sure"]);
    expect(await found("\\")).toEqual(["plain \\ title"]);
    expect(await found("nothing like it")).toEqual([]);
  });

  it("know what runs, also who does not listen", async () => {
    const client = real.client();
    const session = await client.session.create({ title: "At work" });
    const call = client.session.prompt(
      session,
      script(callTool("bash", { command: "ls", description: "x" })),
    );
    const asked = new Promise((resolve) => {
      client.events.subscribe(({ type }) => type === "permission_requested" && resolve(type));
    });
    await asked;
    const [listed] = await real.client().session.list({ search: session.title, limit: 1 });
    expect(listed).toMatchObject({ id: session.id, status: "running" });
    await call.abort();
  });
});

describe("the sessions of the real engine: changes", () => {
  it("of the title reach the engine and the mirror, and leave the time as it is", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create({ title: "Old" });
    const seen = eventsOf(client, session);
    const updated = await client.session.update(session, { title: "New" });
    expect(updated).toEqual({ ...session, title: "New" });
    expect(client.registry.get(session)).toEqual(updated);
    expect(await real.client().session.get(session)).toMatchObject({ title: "New" });
    expect(seen.filter(({ type }) => type === "session_updated")).toEqual([
      { type: "session_updated", session: updated },
    ]);
  });

  it("of the star are kept by the engine beside what others keep there", async () => {
    const client = real.client();
    const session = await client.session.create();
    await client.request("PATCH", `/session/${session.id}`, { body: { metadata: { other: { a: 1 } } } });
    expect(await client.session.update(session, { starred: true })).toMatchObject({ starred: true });
    expect(await real.client().session.get(session)).toMatchObject({ starred: true });
    const kept = await client.request("GET", `/session/${session.id}`);
    expect(kept).toMatchObject({ metadata: { other: { a: 1 }, starred: true } });
    const { updatedAt } = await client.session.get(session);
    expect(await client.session.update(session, { starred: true })).toMatchObject({ updatedAt });
    expect((await client.session.update(session, { starred: false })).starred).toBeUndefined();
    expect(await client.request("GET", `/session/${session.id}`)).toMatchObject({
      metadata: { other: { a: 1 } },
    });
  });

  it("can archive, which hides it from lists and can't be undone", async () => {
    const client = real.client();
    await client.connect();
    const workingDirectory = await folder();
    const [kept, gone] = await make(client, workingDirectory, ["gone", "kept"]);
    if (kept === undefined || gone === undefined) throw new Error("There should be two.");
    expect(await client.session.update(kept, { archived: false })).toMatchObject({ title: "kept" });
    expect(await client.session.update(gone, { archived: true })).toMatchObject({ archived: true });
    expect(client.registry.get(gone)).toMatchObject({ archived: true });
    expect(ids(await client.session.list({ workingDirectory }))).toEqual([kept.id]);
    const all = await client.session.list({ workingDirectory, includeArchived: true });
    expect(new Set(ids(all))).toEqual(new Set([kept.id, gone.id]));
    const failure = client.session.update(gone, { archived: false, title: "Back" });
    await expect(failure).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"unarchive"'),
    });
    expect((await client.session.get(gone)).title).toBe("gone");
    expect(client.capabilities).toMatchObject({ updateSession: true, unarchive: false });
  });

  it("made by another client reach the mirror by events", async () => {
    const [watcher, other] = [real.client(), real.client()];
    await watcher.connect();
    const session = await other.session.create({ title: "Theirs" });
    await watcher.registry.waitFor(session, ({ title }) => title === "Theirs");
    await other.session.update(session, { title: "Changed", starred: true });
    await watcher.registry.waitFor(session, ({ title, starred }) => title === "Changed" && starred === true);
    const fork = await other.session.fork(session);
    await watcher.registry.waitFor(fork, () => true);
    const gone = expect(
      watcher.registry.waitFor(session, () => false, { timeout: 10_000 }),
    ).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await other.session.delete(session);
    await gone;
    expect(watcher.registry.get(session)).toBeUndefined();
  });
});

describe("the sessions of the real engine: delete, fork, children, todo", () => {
  it("deletes a session for good, and tells it once", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create();
    const seen = eventsOf(client, session);
    await client.session.delete(session);
    expect(client.registry.get(session)).toBeUndefined();
    await expect(client.session.get(session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await expect(client.session.delete(session)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect(seen.filter(({ type }) => type === "session_deleted")).toHaveLength(1);
  });

  it("ends the turn of a session that is deleted while it runs", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(
      session,
      script(callTool("bash", { command: "ls", description: "x" })),
    );
    for await (const event of call) {
      if (event.type === "permission_requested") await client.session.delete(session);
    }
    const result = await call.settled();
    expect(result.status).toBe("aborted");
    expect(client.registry.get(session)).toBeUndefined();
    // A session that is deleted while it waits for a person stays at work for ever otherwise.
    const { directory } = real.engine.workspace;
    const statuses = await client.request("GET", "/session/status", { query: { directory } });
    expect(statuses).not.toHaveProperty(session.id);
  });

  it("forks before a message, or with all of them, and the fork goes on by itself", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create({ title: "Origin" });
    await client.session.prompt(session, script(say("one"))).text();
    await client.session.prompt(session, script(say("two"))).text();
    const messages = await client.session.messages(session);
    const second = messages.filter(({ role }) => role === "user")[1];

    const early = await client.session.fork(session, { messageId: second?.id });
    expect(client.registry.get(early)).toMatchObject({ id: early.id });
    expect(early).toMatchObject({ workingDirectory: session.workingDirectory, status: "idle" });
    expect(early.parentId).toBeUndefined();
    const texts = async (of: Session) =>
      (await client.session.messages(of))
        .filter(({ role }) => role === "assistant")
        .map(({ content }) => content.text);
    expect(await texts(early)).toEqual(["one"]);

    const whole = await client.session.fork(session);
    expect(await texts(whole)).toEqual(["one", "two"]);
    expect(await client.session.prompt(early, script(say("other"))).text()).toBe("other");
    expect(await texts(early)).toEqual(["one", "other"]);
    expect(await texts(session)).toEqual(["one", "two"]);
  });

  it("forks a session at work: the answer that is not finished is copied as it stands, and is lost there", async () => {
    const client = real.client();
    await client.connect();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(hang()));
    await client.registry.waitFor(session, ({ status }) => status === "running");
    await vi.waitFor(async () => expect(await client.session.messages(session)).toHaveLength(2));
    const fork = await client.session.fork(session);
    // Nobody works on it there, and it must not keep others waiting.
    expect(await client.session.prompt(fork, script(say("It goes on."))).text()).toBe("It goes on.");
    expect((await client.session.get(session)).status).toBe("running");
    await call.abort();
  });

  it("does not fork before a message that is not there", async () => {
    const client = real.client();
    const session = await client.session.create();
    const before = (await client.session.list()).length;
    for (const messageId of ["msg_unknown", "nothing"]) {
      await expect(client.session.fork(session, { messageId })).rejects.toMatchObject({
        code: "INVALID_REQUEST",
        message: expect.stringContaining(messageId),
      });
    }
    expect(await client.session.list()).toHaveLength(before);
  });

  it("knows the children of a session, leaves them out of the roots, and deletes them with it", async () => {
    const client = real.client();
    await client.connect();
    const workingDirectory = await folder();
    const session = await client.session.create({ workingDirectory });
    const task = { description: "Look around", prompt: script(say("Seen.")), subagent_type: "general" };
    await client.session.prompt(session, script(callTool("task", task), nextStep(), say("Done."))).text();
    const [child, ...more] = await client.session.children(session);
    expect(child).toMatchObject({ parentId: session.id, workingDirectory });
    expect(more).toEqual([]);
    if (child === undefined) throw new Error("There should be one.");
    expect(await client.session.children(child)).toEqual([]);
    expect(ids(await client.session.list({ workingDirectory, rootsOnly: true }))).toEqual([session.id]);
    expect(await client.session.list({ workingDirectory })).toHaveLength(2);
    await client.session.delete(session);
    await expect(client.session.get(child)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    await expect.poll(() => client.registry.get(child)).toBeUndefined();
  });

  it("reads what the agent has still to do", async () => {
    const client = real.client();
    const session = await client.session.create();
    expect(await client.session.todo(session)).toEqual([]);
    const todos = [
      { content: "One", status: "completed", priority: "high" },
      { content: "Two", status: "in_progress", priority: "low" },
    ];
    await client.session
      .prompt(session, script(callTool("todowrite", { todos }), nextStep(), say(".")))
      .text();
    expect(await client.session.todo(session)).toEqual(todos);
  });

  it.each<[string, (client: ManagedEngineClient, id: string) => Promise<unknown>]>([
    ["update", (client, id) => client.session.update(id, { title: "x" })],
    ["delete", (client, id) => client.session.delete(id)],
    ["fork", (client, id) => client.session.fork(id)],
    ["fork before a message", (client, id) => client.session.fork(id, { messageId: "msg_1" })],
    ["children", (client, id) => client.session.children(id)],
    ["todo", (client, id) => client.session.todo(id)],
  ])("says which session it does not find: %s", async (_, call) => {
    for (const id of ["ses_none", "none"]) {
      await expect(call(real.client(), id)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    }
  });
});
