import { describe, expect, it } from "vitest";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { itFails, itIsAnnounced, meansMissing, plain, type Stage, stage, withBody } from "./support.ts";

/** As servers tell sessions, with what is not known here, and null for what is missing. */
const wire = {
  id: "ses_1",
  title: "One",
  engineId: "acme",
  createdAt: 1,
  updatedAt: 2,
  status: "idle",
  starred: null,
  revert: null,
  colour: "blue",
};
const session = {
  id: "ses_1",
  title: "One",
  engineId: "opencode",
  createdAt: 1,
  updatedAt: 2,
  status: "idle",
};

/** Two turns, and the messages that they left. */
async function conversation(given: Stage = stage()) {
  const { id } = await given.client.session.create({ title: "One" });
  for (const prompt of ["First", "Second"]) await given.client.session.prompt(id, prompt).result();
  return { ...given, id, messages: await given.client.session.messages(id) };
}

const rejectsUnknown = (call: (client: ManagedEngineClient) => Promise<unknown>) =>
  it("refused with 404: SESSION_NOT_FOUND", async () => {
    const { client } = stage();
    await expect(call(client)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND", sessionId: "none" });
  });

describe("PATCH /v1/session/:id", () => {
  const call = (client: ManagedEngineClient) => client.session.update("ses_1", { title: "x" });

  it.each([
    ["a title", { title: "Two" }, { title: "Two" }],
    ["a star", { starred: true }, { title: "One", starred: true }],
    ["all at once", { title: "Two", starred: true, archived: true }, undefined],
  ] as const)("changes %s", async (_, changes, expected: object = changes) => {
    const { client, sent, engine } = stage();
    const { id } = await client.session.create({ title: "One" });
    expect(await client.session.update(id, changes)).toMatchObject({ id, ...expected });
    expect(sent("updateSession")).toEqual([withBody("PATCH", `/v1/session/${id}`, changes)]);
    expect(await client.session.get(id)).toMatchObject(expected);
    expect(engine.calls).toContain(`update ${id}`);
  });

  it("takes back that a session is archived, and its star", async () => {
    const { client } = stage();
    const { id } = await client.session.create();
    await client.session.update(id, { archived: true, starred: true });
    const changed = await client.session.update(id, { archived: false, starred: false });
    expect([changed.archived ?? false, changed.starred ?? false]).toEqual([false, false]);
  });

  it("is told to everybody, and the mirror has it", async () => {
    const { client } = stage();
    await client.connect();
    const { id } = await client.session.create({ title: "One" });
    await client.session.update(id, { title: "Two" });
    expect(client.registry.get(id)).toMatchObject({ title: "Two" });
  });

  it("is UNSUPPORTED for one change alone, and others still go", async () => {
    const { client, answer } = stage();
    const error = { code: "UNSUPPORTED", message: 'It lacks the capability "unarchive".' };
    answer("updateSession", () => Response.json({ error }, { status: 501 }));
    const refused = client.session.update("ses_1", { archived: false });
    await expect(refused).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining('"unarchive"'),
    });
    answer("updateSession", () => Response.json(wire));
    expect(await client.session.update("ses_1", { title: "One" })).toEqual(session);
  });

  rejectsUnknown((client) => client.session.update("none", { title: "x" }));
  itIsAnnounced("updateSession", { call });
  itFails("updateSession", { call, except: meansMissing });
});

describe("POST /v1/session/:id/delete", () => {
  const call = (client: ManagedEngineClient) => client.session.delete("ses_1");

  it("deletes a session with those of its subagents, and nothing is only stopped", async () => {
    const { client, engine, sent } = stage();
    const { id } = await client.session.create();
    const child = { id: "ses_child", title: "", parentId: id, createdAt: 1, updatedAt: 1 };
    engine.emit({ type: "session_created", session: child });
    expect(await client.session.delete(id)).toBeUndefined();
    expect(sent("deleteSession")).toEqual([plain("POST", `/v1/session/${id}/delete`)]);
    expect(sent("abort")).toEqual([]);
    expect(await client.session.list({ includeArchived: true })).toEqual([]);
    await expect(client.session.get(id)).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("ends what runs there", async () => {
    const { client } = stage({ script: () => [{ wait: new Promise(() => {}) }] });
    const { id } = await client.session.create();
    const turn = client.session.prompt(id, "Hi");
    await turn;
    await client.session.delete(id);
    expect(["aborted", "error"]).toContain((await turn.settled()).status);
    expect(client.registry.get(id)).toBeUndefined();
  });

  rejectsUnknown((client) => client.session.delete("none"));
  itIsAnnounced("deleteSession", { call });
  // Nothing is due, so an empty body is as good as 204, and what JSON says does not matter.
  itFails("deleteSession", { call, except: [...meansMissing, "an empty body", "another shape"] });
});

describe("POST /v1/session/:id/fork", () => {
  const call = (client: ManagedEngineClient) => client.session.fork("ses_1");

  it.each([
    ["all messages", undefined, 4],
    ["those before a message", 2, 2],
  ])("copies %s", async (_, before, count) => {
    const { client, id, messages, sent } = await conversation();
    const messageId = before === undefined ? undefined : messages[before]?.id;
    const forked = await client.session.fork(id, { messageId });
    expect(forked).toMatchObject({ title: "One (fork)" });
    expect(await client.session.messages(forked)).toHaveLength(count);
    const body = messageId === undefined ? {} : { messageId };
    expect(sent("forkSession")).toEqual([withBody("POST", `/v1/session/${id}/fork`, body)]);
  });

  it("refused with 400: the session has no such message", async () => {
    const { client, id } = await conversation();
    await expect(client.session.fork(id, { messageId: "none" })).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining("none"),
    });
  });

  it("takes what is not known, and null for what is missing", async () => {
    const { client, answer } = stage();
    answer("forkSession", () => Response.json(wire, { status: 201 }));
    expect(await call(client)).toEqual(session);
  });

  rejectsUnknown((client) => client.session.fork("none"));
  itIsAnnounced("forkSession", { call });
  itFails("forkSession", { call, except: meansMissing });
});

describe("POST /v1/session/:id/revert", () => {
  const call = (client: ManagedEngineClient) => client.session.revert("ses_1", { messageId: "msg_1" });

  it("takes back a turn and all after it, until the next prompt", async () => {
    const { client, id, messages, sent } = await conversation();
    const messageId = messages[2]?.id ?? "";
    const reverted = await client.session.revert(id, { messageId });
    expect(reverted.revert).toEqual({ messageId, filesRestored: false });
    expect(sent("revertSession")).toEqual([withBody("POST", `/v1/session/${id}/revert`, { messageId })]);
    expect((await client.session.get(id)).revert).toEqual(reverted.revert);
    await client.session.prompt(id, "Instead").result();
    const texts = (await client.session.messages(id)).map(({ content }) => content.text);
    expect(texts).toEqual(["First", "Mock answer.", "Instead", "Mock answer."]);
  });

  it("takes back what came from a part on", async () => {
    const { client, id, messages, sent } = await conversation();
    const { id: messageId = "", parts = [] } = messages[3] ?? {};
    const partId = parts[0]?.id ?? "";
    const { revert } = await client.session.revert(id, { messageId, partId });
    expect(revert).toEqual({ messageId, partId, filesRestored: false });
    expect(sent("revertSession")[0]?.body).toEqual({ messageId, partId });
  });

  it("refused with 409: the session is at work", async () => {
    const given = stage({ script: () => [{ wait: new Promise(() => {}) }] });
    const { id } = await given.client.session.create();
    const turn = given.client.session.prompt(id, "Hi");
    const { turnId = "" } = await turn;
    const refused = given.client.session.revert(id, { messageId: turnId });
    await expect(refused).rejects.toMatchObject({ code: "SESSION_RUNNING" });
  });

  it("takes what is not known, and null for what is missing", async () => {
    const { client, answer } = stage();
    const revert = { messageId: "msg_1", partId: null, filesRestored: true, mood: "sorry" };
    answer("revertSession", () => Response.json({ ...wire, revert }));
    expect(await call(client)).toEqual({ ...session, revert: { messageId: "msg_1", filesRestored: true } });
  });

  rejectsUnknown((client) => client.session.revert("none", { messageId: "msg_1" }));
  itIsAnnounced("revertSession", { call });
  itFails("revertSession", { call, except: meansMissing });
});

describe("POST /v1/session/:id/unrevert", () => {
  const call = (client: ManagedEngineClient) => client.session.unrevert("ses_1");

  it("undoes what was taken back, if anything was", async () => {
    const { client, id, messages, sent } = await conversation();
    await client.session.revert(id, { messageId: messages[0]?.id ?? "" });
    expect(await client.session.unrevert(id)).not.toHaveProperty("revert.messageId");
    expect(await client.session.unrevert(id)).toMatchObject({ id });
    expect(sent("unrevertSession")).toEqual([1, 2].map(() => plain("POST", `/v1/session/${id}/unrevert`)));
    expect((await client.session.get(id)).revert).toBeUndefined();
  });

  it("takes what is not known, and null for what is missing", async () => {
    const { client, answer } = stage();
    answer("unrevertSession", () => Response.json(wire));
    expect(await call(client)).toEqual(session);
  });

  rejectsUnknown((client) => client.session.unrevert("none"));
  itIsAnnounced("unrevertSession", { call });
  itFails("unrevertSession", { call, except: meansMissing });
});
