import { describe, expect, it } from "vitest";
import { itFails, meansMissing, missingRoute, plain, stage, withBody } from "./support.ts";

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
const told = (session: object) => ({ ...session, engineId: "opencode" });

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
    expect(sent("listSessions")).toEqual([plain("GET", "/v1/session")]);
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const second = { ...least, id: "ses_2", updatedAt: 1 };
    answer("listSessions", () => Response.json([whole, { ...second, ...nulls, colour: "blue" }]));
    expect(await client.session.list()).toEqual([told(whole), told(second)]);
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

  it("is enough to search in, and to find children; the rest of what is done with sessions is not in the contract", async () => {
    const { client, engine, sent } = stage();
    const told = { createdAt: 1, updatedAt: 1 };
    for (const session of [
      { ...told, id: "ses_a", title: "Alpha" },
      { ...told, id: "ses_b", title: "Beta", archived: true },
      { ...told, id: "ses_c", title: "Gamma", parentId: "ses_a" },
    ])
      engine.emit({ type: "session_created", session });
    const found = async (options: Parameters<typeof client.session.list>[0]) =>
      (await client.session.list(options)).map(({ id }) => id);
    expect(await found({})).toEqual(["ses_a", "ses_c"]);
    expect(await found({ includeArchived: true, search: "BE" })).toEqual(["ses_b"]);
    expect(await found({ rootsOnly: true })).toEqual(["ses_a"]);
    expect((await client.session.children("ses_a")).map(({ id }) => id)).toEqual(["ses_c"]);
    expect(new Set(sent("listSessions").map(({ path }) => path))).toEqual(new Set(["/v1/session"]));
    for (const [capability, call] of [
      ["updateSession", () => client.session.update("ses_a", { title: "x" })],
      ["deleteSession", () => client.session.delete("ses_a")],
      ["fork", () => client.session.fork("ses_a")],
      ["todo", () => client.session.todo("ses_a")],
      ["questions", () => client.questions.list()],
      ["questions", () => client.questions.reply("que_1", ["x"])],
      ["questions", () => client.questions.reject("que_1")],
    ] as const) {
      expect(client.capabilities[capability]).toBe(false);
      await expect(call()).rejects.toMatchObject({
        code: "UNSUPPORTED",
        message: expect.stringContaining(`"${capability}"`),
      });
    }
    // To delete a session would be to abort it, there.
    expect(sent("abort")).toEqual([]);
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

  it("sends the model and the directory of the client's options", async () => {
    const settings = { model: "acme/large", workingDirectory: "/tmp/x" };
    const { client, sent } = stage({ client: settings });
    await client.session.create({ title: "One" });
    expect(sent("createSession")[0]?.body).toEqual({ title: "One", ...settings });
  });

  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    answer("createSession", () => Response.json({ ...least, ...nulls, colour: "blue" }, { status: 201 }));
    expect(await client.session.create()).toEqual(told(least));
    answer("createSession", () => Response.json(whole, { status: 201 }));
    expect(await client.session.create()).toEqual(told(whole));
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
    expect(await client.session.get("ses_1")).toEqual(told(least));
    answer("getSession", () => Response.json(whole));
    expect(await client.session.get("ses_1")).toEqual(told(whole));
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
