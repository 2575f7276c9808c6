import { describe, expect, it } from "vitest";
import type { SessionQuery } from "../../src/engine/session-query.ts";
import {
  itFails,
  meansMissing,
  missingRoute,
  oldHealth,
  plain,
  type Sent,
  stage,
  withBody,
} from "./support.ts";

/** A session with nothing but what it must have. */
const least = { id: "ses_1", title: "One", engineId: "acme", createdAt: 1, updatedAt: 2, status: "idle" };
/** What may be missing, as servers in other languages write it. */
const nulls = {
  activity: null,
  retry: null,
  model: null,
  workingDirectory: null,
  parentId: null,
  starred: null,
  archived: null,
};
const whole = {
  ...least,
  model: "acme/large",
  workingDirectory: "/tmp/x",
  parentId: "ses_0",
  starred: true,
  archived: false,
};
/** The client tells the sessions as those of the engine that it speaks with. */
const ours = (session: object) => ({ ...session, engineId: "opencode" });

describe("GET /v1/session", () => {
  it("lists the sessions, the newest first", async () => {
    const { client, engine, sent } = stage();
    for (const [id, updatedAt] of [
      ["ses_a", 1],
      ["ses_b", 3],
      ["ses_c", 2],
    ] as const) {
      engine.emit({ type: "session_created", session: { id, title: id, createdAt: 1, updatedAt } });
    }
    expect((await client.session.list()).map(({ id }) => id)).toEqual(["ses_b", "ses_c", "ses_a"]);
    const query = { limit: "500", includeArchived: "false" };
    expect(sent("listSessions")).toEqual([plain("GET", "/v1/session", query)]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const second = { ...least, id: "ses_2", updatedAt: 1 };
    answer("listSessions", () => Response.json([whole, { ...second, ...nulls, colour: "blue" }]));
    expect(await client.session.list()).toEqual([ours(whole), ours(second)]);
  });

  it("tells those that run from those that do not", async () => {
    const { client, answer } = stage();
    answer("listSessions", () =>
      Response.json([
        { ...least, status: "running", activity: "tool" },
        { ...least, id: "ses_2" },
      ]),
    );
    expect(await client.session.list()).toMatchObject([{ status: "running" }, { status: "idle" }]);
  });

  const told = { createdAt: 1, updatedAt: 1 };
  const some = [
    { ...told, id: "ses_a", title: "Alpha", workingDirectory: "/src/a" },
    { ...told, id: "ses_b", title: "Beta", archived: true, workingDirectory: "/src/a" },
    { ...told, id: "ses_c", title: "Gamma", parentId: "ses_a" },
  ];
  const queries: readonly (readonly [SessionQuery, query: Sent["query"], found: readonly string[]])[] = [
    [{}, {}, ["ses_a", "ses_c"]],
    [{ includeArchived: true, search: "BE" }, { includeArchived: "true", search: "BE" }, ["ses_b"]],
    [{ rootsOnly: true }, { rootsOnly: "true" }, ["ses_a"]],
    [{ workingDirectory: "/src/a/" }, { workingDirectory: "/src/a/" }, ["ses_a"]],
  ];
  it.each(queries)("is searched by the server: %j", async (options, query, found) => {
    const { client, engine, sent } = stage();
    for (const session of some) engine.emit({ type: "session_created", session });
    expect((await client.session.list(options)).map(({ id }) => id)).toEqual(found);
    expect(sent("listSessions")).toEqual([
      plain("GET", "/v1/session", { limit: "500", includeArchived: "false", ...query }),
    ]);
  });

  it.each(queries)(
    "is searched by the client where an older server lists them all: %j",
    async (options, _, found) => {
      const { client, engine, sent, answer } = stage();
      answer("health", () => Response.json(oldHealth));
      for (const session of some) engine.emit({ type: "session_created", session });
      expect((await client.session.list(options)).map(({ id }) => id)).toEqual(found);
      expect(sent("listSessions")).toEqual([plain("GET", "/v1/session")]);
    },
  );

  it.each(queries)(
    "is searched by the client where the server announces pages, and answers with all: %j",
    async (options, _, found) => {
      const { client, answer } = stage();
      answer("listSessions", () =>
        Response.json(some.map((session) => ({ ...session, engineId: "acme", status: "idle" }))),
      );
      expect((await client.session.list(options)).map(({ id }) => id)).toEqual(found);
    },
  );

  it("comes page by page, each when it is wanted", async () => {
    const { client, engine, sent } = stage();
    const ids = Array.from({ length: 5 }, (_, index) => `ses_${index}`);
    for (const [index, id] of ids.entries()) {
      // Two were used in the same millisecond.
      const updatedAt = 100 - Math.min(index, 3);
      engine.emit({ type: "session_created", session: { id, title: id, createdAt: 1, updatedAt } });
    }
    const found: string[] = [];
    for await (const { id } of client.session.all({ pageSize: 2 })) {
      found.push(id);
      expect(sent("listSessions")).toHaveLength(Math.ceil(found.length / 2));
    }
    expect(found).toEqual(ids);
    const cursors = sent("listSessions").map(({ query }) => query.cursor);
    expect(cursors).toEqual([undefined, expect.any(String), expect.any(String)]);
  });

  it("is a page with its cursor to who asks for one", async () => {
    const { client, engine } = stage();
    for (const session of some) engine.emit({ type: "session_created", session });
    const first = await client.session.page({ limit: 1 });
    expect(first).toMatchObject({ sessions: [{ id: "ses_a" }], cursor: expect.any(String) });
    const second = await client.session.page({ limit: 1, cursor: first.cursor });
    expect(second).toEqual({ sessions: [expect.objectContaining({ id: "ses_c" })] });
    await expect(client.session.page({ cursor: "?" })).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  it("finds children", async () => {
    const { client, engine } = stage();
    for (const session of some) engine.emit({ type: "session_created", session });
    expect((await client.session.children("ses_a")).map(({ id }) => id)).toEqual(["ses_c"]);
  });

  itFails("listSessions", { call: (client) => client.session.list() });
});

describe("POST /v1/session", () => {
  it.each([
    ["nothing", undefined, {}],
    [
      "everything",
      { title: "One", model: "acme/large", workingDirectory: "/tmp/x", systemPrompt: "Be brief." },
    ],
    ["some", { title: "One", model: undefined }, { title: "One" }],
  ] as const)("creates a session of %s", async (_, options, body = options) => {
    const { client, engine, sent } = stage();
    const session = await client.session.create(options);
    expect(sent("createSession")).toEqual([withBody("POST", "/v1/session", body)]);
    expect(session).toEqual(await client.session.get(session.id));
    expect(engine.calls).toContain(`create ${session.id}`);
    const { systemPrompt: _systemPrompt, ...kept } = body as Record<string, unknown>;
    expect(session).toMatchObject({ ...kept, status: "idle", engineId: "opencode" });
  });

  it("asks for reviews of edits, for one session or by the client's option", async () => {
    const { client, sent } = stage({ client: { reviewEdits: true } });
    await client.session.create();
    await client.session.create({ reviewEdits: false });
    expect(sent("createSession").map(({ body }) => body)).toEqual([
      { reviewEdits: true },
      { reviewEdits: false },
    ]);
  });

  it("refuses to forget the reviews, where the server can't promise them", async () => {
    const refusal = { code: "UNSUPPORTED", message: expect.stringContaining('"reviewEdits"') };
    const one = stage();
    one.answer("health", () => Response.json(oldHealth));
    await expect(one.client.session.create({ reviewEdits: true })).rejects.toMatchObject(refusal);
    const all = stage({ client: { reviewEdits: true } });
    all.answer("health", () => Response.json(oldHealth));
    await expect(all.client.session.create()).rejects.toMatchObject(refusal);
    expect([...one.sent("createSession"), ...all.sent("createSession")]).toEqual([]);
  });

  it("sends the model and the directory of the client's options", async () => {
    const settings = { model: "acme/large", workingDirectory: "/tmp/x" };
    const { client, sent } = stage({ client: settings });
    await client.session.create({ title: "One" });
    expect(sent("createSession")[0]?.body).toEqual({ title: "One", ...settings });
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    answer("createSession", () => Response.json({ ...least, ...nulls, colour: "blue" }, { status: 201 }));
    expect(await client.session.create()).toEqual(ours(least));
    answer("createSession", () => Response.json(whole, { status: 201 }));
    expect(await client.session.create()).toEqual(ours(whole));
  });

  itFails("createSession", { call: (client) => client.session.create({ title: "One" }) });
});

describe("GET /v1/session/:id", () => {
  it("reads one session, whatever its id is made of", async () => {
    const { client, engine, sent } = stage();
    const id = "ses/ä ?";
    engine.emit({ type: "session_created", session: { id, title: "Odd", createdAt: 1, updatedAt: 1 } });
    expect(await client.session.get(id)).toMatchObject({ id, title: "Odd" });
    expect(sent("getSession")).toEqual([plain("GET", "/v1/session/ses%2F%C3%A4%20%3F")]);
    expect(sent("listSessions")).toEqual([]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    answer("getSession", () => Response.json({ ...least, ...nulls, colour: "blue" }));
    expect(await client.session.get("ses_1")).toEqual(ours(least));
    answer("getSession", () => Response.json(whole));
    expect(await client.session.get("ses_1")).toEqual(ours(whole));
  });

  it("refused with 404: SESSION_NOT_FOUND", async () => {
    const { client } = stage();
    await expect(client.session.get("none")).rejects.toMatchObject({
      code: "SESSION_NOT_FOUND",
      sessionId: "none",
      message: expect.stringContaining("none"),
    });
  });

  it("is done without where the server lacks it: the session is found in the list", async () => {
    const { client, engine, sent } = stage({ coreOnly: true });
    engine.emit({
      type: "session_created",
      session: { id: "ses_1", title: "One", createdAt: 1, updatedAt: 1 },
    });
    expect(await client.session.get("ses_1")).toMatchObject({ id: "ses_1", title: "One" });
    expect(await client.session.get("ses_1")).toMatchObject({ id: "ses_1" });
    await expect(client.session.get("none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    // What is missing is not asked for again.
    expect(sent("getSession")).toHaveLength(1);
  });

  it.each(missingRoute)("is taken for missing when it is answered with %s", async (_, make) => {
    const { client, answer, sent } = stage();
    answer("getSession", make);
    const { id } = await client.session.create({ title: "One" });
    expect(await client.session.get(id)).toMatchObject({ id, title: "One" });
    expect(sent("listSessions")).toHaveLength(1);
  });

  itFails("getSession", {
    call: (client) => client.session.get("ses_1"),
    except: ["SESSION_NOT_FOUND", ...meansMissing],
  });
});

describe("DELETE /v1/session/:id", () => {
  it("stops what runs", async () => {
    const { client, engine, sent } = stage({ script: () => [{ wait: new Promise(() => {}) }] });
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    await call;
    await client.session.abort(session);
    expect(sent("abort")).toEqual([plain("DELETE", `/v1/session/${session.id}`)]);
    expect(engine.calls).toContain(`abort ${session.id}`);
    expect(await call.settled()).toMatchObject({ status: "aborted", error: { code: "PROMPT_ABORTED" } });
    expect(await client.session.get(session)).toMatchObject({ status: "idle" });
  });

  it("does nothing where nothing runs", async () => {
    const { client } = stage();
    const session = await client.session.create();
    expect(await client.session.abort(session)).toBeUndefined();
    await expect(client.session.abort("none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("is what abort() of a prompt sends, and its signal", async () => {
    const { client, sent } = stage({ script: () => [{ wait: new Promise(() => {}) }] });
    const session = await client.session.create();
    const call = client.session.prompt(session, "Hi");
    await call;
    await call.abort();
    expect((await call.settled()).status).toBe("aborted");
    const leaving = new AbortController();
    const other = client.session.prompt(session, "Again", { signal: leaving.signal });
    await other;
    leaving.abort();
    await expect(other.text()).rejects.toBe(leaving.signal.reason);
    await client.dispose();
    expect(sent("abort")).toHaveLength(2);
  });

  itFails("abort", {
    call: (client) => client.session.abort("ses_1"),
    // Nothing is due, so an empty body is as good as 204, and what JSON says does not matter.
    except: ["an empty body", "another shape"],
  });
});

describe("POST /v1/session/:id/summarize", () => {
  it("gives the summary", async () => {
    const { client, sent } = stage();
    const session = await client.session.create();
    expect(await client.session.summarize(session)).toBe("Mock summary.");
    const path = `/v1/session/${session.id}/summarize`;
    expect(sent("summarize")).toEqual([plain("POST", path)]);
  });

  it.each([
    ["the server lacks it", { coreOnly: true }],
    ["the server's health says that it can't", {}],
  ])("is UNSUPPORTED where %s", async (_, options) => {
    const { client, answer, sent } = stage(options);
    if (!("coreOnly" in options)) {
      answer("health", () => Response.json({ ok: true, capabilities: { summarize: false } }));
    }
    const call = () => client.session.summarize("ses_1");
    await expect(call()).rejects.toMatchObject({
      code: "UNSUPPORTED",
      message: expect.stringContaining("summarize"),
    });
    const asked = sent("summarize").length;
    await expect(call()).rejects.toMatchObject({ code: "UNSUPPORTED" });
    expect(sent("summarize")).toHaveLength(asked);
  });

  it.each(missingRoute)("is UNSUPPORTED when it is answered with %s", async (_, make) => {
    const { client, answer } = stage();
    answer("summarize", make);
    await expect(client.session.summarize("ses_1")).rejects.toMatchObject({ code: "UNSUPPORTED" });
  });

  itFails("summarize", {
    call: (client) => client.session.summarize("ses_1"),
    except: meansMissing,
  });
});
