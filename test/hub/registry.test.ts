import { describe, expect, it } from "vitest";
import type { RegistrySnapshot } from "../../src/engine/session-registry.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, gate, next, settle, stage } from "./support.ts";

const part = (id: string) => ({ type: "text", id, text: "x" }) as const;

describe("registry: the mirror", () => {
  it("is empty before anybody connects, and holds every session after connect()", async () => {
    const { client, engine } = await stage();
    await clientOf(engine).session.create({ title: "Theirs" });
    expect(client.registry.list()).toEqual([]);
    let changes = 0;
    client.registry.subscribe(() => {
      changes += 1;
    });
    await client.connect();
    expect(changes).toBeGreaterThan(0);
    expect(client.registry.list().map(({ title }) => title)).toEqual(["Theirs", "Test"]);
    expect(client.registry.getSnapshot().sessions).toBe(client.registry.list());
    expect(client.registry.list()[0]).toMatchObject({ engineId: "mock", status: "idle" });
  });

  it("holds every session also when the stream was open for others before", async () => {
    const { client } = await stage();
    client.events.subscribe(() => {});
    await settle();
    expect(client.events.status.state).toBe("open");
    await Promise.all([client.connect(), client.connect()]);
    expect(client.registry.list()).toHaveLength(1);
  });

  it("resolves every connect() only when it holds them", async () => {
    const { client } = await stage();
    client.events.subscribe(() => {});
    await settle();
    const first = client.connect();
    await client.connect();
    expect(client.registry.list()).toHaveLength(1);
    await first;
  });

  it("outlives the caller of another connect() who gave up", async () => {
    const { client, engine } = await stage(undefined, { idleTimeout: 0 });
    const controller = new AbortController();
    const reason = new Error("changed my mind");
    const given = client.connect({ signal: controller.signal });
    const kept = client.connect();
    controller.abort(reason);
    await expect(given).rejects.toBe(reason);
    await kept;
    await settle();
    expect(engine.listeners).toBe(1);
    expect(client.registry.list()).toHaveLength(1);
  });

  it("is not kept by a connect() that failed", async () => {
    const { client, engine } = await stage(undefined, { idleTimeout: 0 });
    const controller = new AbortController();
    const given = client.connect({ signal: controller.signal });
    controller.abort();
    await expect(given).rejects.toThrow("aborted");
    await settle();
    expect(engine.listeners).toBe(0);
  });

  it("does not show what was only heard of", async () => {
    const { client, engine } = await stage();
    await client.connect();
    const message = {
      id: "msg_1",
      sessionId: "ses_x",
      role: "assistant",
      turnId: "t",
      createdAt: 1,
    } as const;
    engine.emit({ type: "message_updated", message });
    const other = await client.session.create();
    expect(client.registry.get("ses_x")).toBeUndefined();
    expect(client.registry.list().map(({ id }) => id)).not.toContain("ses_x");
    expect(client.registry.list()).toHaveLength(2);
    expect(client.registry.get(other)).toBeDefined();
  });

  it("follows what other clients create, change and delete", async () => {
    const { client, engine, session } = await stage();
    await client.connect();
    const other = clientOf(engine);
    const theirs = await other.session.create({ title: "Theirs" });
    await settle();
    expect(client.registry.get(theirs.id)).toMatchObject({ title: "Theirs" });
    expect(client.registry.get(theirs)).toBe(client.registry.get(theirs.id));
    const { engineId: _, status: __, ...told } = theirs;
    engine.emit({ type: "session_updated", session: { ...told, title: "Renamed" } });
    engine.emit({ type: "session_deleted", sessionId: session.id });
    await settle();
    expect(client.registry.list().map(({ title }) => title)).toEqual(["Renamed"]);
    expect(client.registry.get(session)).toBeUndefined();
  });

  it("is ordered by updatedAt, newest first", async () => {
    const engine = createMockEngine();
    for (const [id, updatedAt] of [
      ["ses_b", 20],
      ["ses_c", 30],
      ["ses_a", 10],
    ] as const) {
      engine.emit({ type: "session_created", session: { id, title: id, createdAt: 1, updatedAt } });
    }
    const client = clientOf(engine);
    await client.connect();
    const ids = () => client.registry.list().map(({ id }) => id);
    expect(ids()).toEqual(["ses_c", "ses_b", "ses_a"]);
    expect((await client.session.list()).map(({ id }) => id)).toEqual(ids());
    engine.emit({
      type: "session_updated",
      session: { id: "ses_a", title: "", createdAt: 1, updatedAt: 40 },
    });
    await settle();
    expect(ids()).toEqual(["ses_a", "ses_c", "ses_b"]);
  });

  it("shows the status and activity of a turn", async () => {
    const hold = gate();
    const { client, session } = await stage(() => [{ text: "Hm." }, { wait: hold.opened }]);
    const call = client.session.prompt(session, "Hi");
    await call;
    await settle();
    expect(client.registry.get(session)).toMatchObject({ status: "running", activity: "responding" });
    hold.open();
    await call.text();
    const done = client.registry.get(session);
    expect(done?.status).toBe("completed");
    expect(done).not.toHaveProperty("activity");
  });
});

describe("registry: getSnapshot() and subscribe()", () => {
  it("is the same object while nothing changed, and another one after", async () => {
    const { client, engine, session } = await stage();
    await client.connect();
    const before = client.registry.getSnapshot();
    expect(client.registry.getSnapshot()).toBe(before);
    const other = await client.session.create();
    const after = client.registry.getSnapshot();
    expect(after).not.toBe(before);
    expect(before.sessions).toHaveLength(1);
    expect(after.sessions.find(({ id }) => id === session.id)).toBe(before.sessions[0]);
    engine.emit({ type: "session_deleted", sessionId: other.id });
    await settle();
    expect(client.registry.getSnapshot().sessions).toEqual(before.sessions);
  });

  it("is the same object, and wakes nobody, for what it does not show", async () => {
    const { client, engine, session } = await stage();
    await client.connect();
    const before = client.registry.getSnapshot();
    let woken = 0;
    client.registry.subscribe(() => {
      woken += 1;
    });
    const message = {
      id: "msg_1",
      sessionId: session.id,
      role: "user",
      turnId: "msg_1",
      createdAt: 1,
    } as const;
    engine.emit({ type: "message_updated", message });
    const where = { sessionId: session.id, messageId: "msg_1" };
    engine.emit({ type: "part_updated", ...where, part: part("prt_1"), complete: true });
    engine.emit({ type: "unknown", name: "lsp", sessionId: session.id, raw: {} });
    engine.emit({ type: "unknown", name: "lsp", sessionId: "ses_unheard_of", raw: {} });
    engine.emit({ type: "file_diff", sessionId: session.id, diff: [] });
    const { engineId: _, status: __, ...told } = session;
    engine.emit({ type: "session_updated", session: { ...told } });
    await settle();
    expect(client.registry.getSnapshot()).toBe(before);
    expect(woken).toBe(0);
  });

  it("works detached, as useSyncExternalStore calls them", async () => {
    const { client, session } = await stage();
    const { subscribe, getSnapshot } = client.registry;
    const rendered: RegistrySnapshot[] = [getSnapshot()];
    const render = () => {
      const snapshot = getSnapshot();
      expect(getSnapshot()).toBe(snapshot);
      if (snapshot !== rendered.at(-1)) rendered.push(snapshot);
    };
    const unsubscribe = subscribe(render);
    await client.session.prompt(session, "Hi").text();
    const statuses = rendered.map(({ sessions }) => sessions[0]?.status);
    expect(statuses.filter((status, index) => status !== statuses[index - 1])).toEqual([
      "idle",
      "running",
      "completed",
    ]);
    unsubscribe();
    unsubscribe();
    const seen = rendered.length;
    await client.session.create();
    expect(rendered).toHaveLength(seen);
  });

  it("is the same object when an empty mirror is given up", async () => {
    const { client } = await stage(undefined, { idleTimeout: 0 });
    const before = client.registry.getSnapshot();
    client.events.subscribe(() => {})();
    await settle();
    expect(client.registry.getSnapshot()).toBe(before);
  });

  it("tells a listener that was given twice until both have left", async () => {
    const { client } = await stage();
    await client.connect();
    let woken = 0;
    const listener = () => {
      woken += 1;
    };
    const first = client.registry.subscribe(listener);
    client.registry.subscribe(listener);
    first();
    await client.session.create();
    expect(woken).toBeGreaterThan(0);
  });

  it("reports a listener that throws, and the stream goes on", async () => {
    const { client, session, diagnostics } = await stage();
    const mistake = new Error("mine");
    client.registry.subscribe(() => {
      throw mistake;
    });
    let woken = 0;
    client.registry.subscribe(() => {
      woken += 1;
    });
    expect(await client.session.prompt(session, "Hi").text()).toBe("Mock answer.");
    expect(woken).toBeGreaterThan(0);
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ level: "error", code: "handler_threw", cause: mistake }),
    );
    expect(diagnostics.map(({ code }) => code)).not.toContain("stream_dropped");
  });

  it("changes with a request that comes and goes while the session stands still", async () => {
    const { client, engine, session } = await stage();
    await client.connect();
    const request = {
      permissionId: "per_1",
      sessionId: session.id,
      description: "",
      tool: "x",
      createdAt: 1,
    };
    engine.emit({ type: "permission_requested", request });
    await settle();
    expect(client.registry.getSnapshot().permissions).toEqual([request]);
    engine.emit({
      type: "permission_resolved",
      permissionId: "per_1",
      sessionId: session.id,
      decision: "allow",
    });
    await settle();
    expect(client.registry.getSnapshot().permissions).toEqual([]);
  });

  it("shows the permission requests that wait, oldest first", async () => {
    const { client, engine, session } = await stage(() => [{ tool: "bash", ask: { description: "Run" } }]);
    client.events.subscribe(() => {});
    const calls = [client.session.prompt(session, "a")];
    const { permissionId } = await next(client, "permission_requested");
    const older = {
      permissionId: "per_0",
      sessionId: session.id,
      description: "",
      tool: "edit",
      createdAt: -1,
    };
    engine.emit({ type: "permission_requested", request: older });
    await settle();
    const waiting = client.registry.getSnapshot().permissions;
    expect(waiting.map((request) => request.permissionId)).toEqual(["per_0", permissionId]);
    await client.permissions.reply(permissionId, "allow");
    await Promise.all(calls.map((call) => call.text()));
    // The turn is over: nobody can answer the other one any more.
    expect(client.registry.getSnapshot().permissions).toEqual([]);
  });
});
