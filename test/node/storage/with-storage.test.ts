import { readdirSync, readlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../../src/engine/errors.ts";
import type { Session } from "../../../src/engine/session.ts";
import { ids, useFolder } from "../history/files.ts";
import { answerOf, gone, mirrorOf, otherProcess, sessionOfId, snapshotOf, useStage } from "./stage.ts";

const signal = new AbortController().signal;
const report = { alive() {}, beat() {}, retryAfter() {}, diagnostic() {} };
const connect = (stage: Awaited<ReturnType<typeof useStage>>) => stage.driver.connect({ signal, report });

describe("what another process does", () => {
  it("is told live and marked, and its end as well", async () => {
    const stage = await useStage();
    const { client, events } = await mirrorOf(stage);
    const other = otherProcess(stage.path);
    other.create("ses_t", "terminal");
    stage.known.set("ses_t", snapshotOf(sessionOfId("ses_t", "terminal")));
    other.answer("ses_t", "msg_a");
    await vi.waitFor(() =>
      expect(client.registry.get("ses_t")).toMatchObject({
        title: "terminal",
        status: "running",
        verified: false,
        origin: "storage",
      }),
    );
    other.say("ses_t", "msg_a", "Hello");
    other.answer("ses_t", "msg_a", { finish: "stop" }, { completed: 5 });
    await vi.waitFor(() => expect(client.registry.get("ses_t")?.status).toBe("completed"));
    expect(client.registry.get("ses_t")).not.toHaveProperty("verified");
    expect(events.map(({ type, origin }) => [type, origin])).toEqual([
      ["session_created", "storage"],
      ["session_updated", "storage"],
      ["message_created", "storage"],
      ["message_delta", "storage"],
      ["session_updated", "storage"],
      ["message_updated", "storage"],
      ["session_updated", "storage"],
      ["turn_ended", "storage"],
    ]);
    // No mention of "verified" outside of "running".
    for (const event of events)
      if ("session" in event && event.session.verified === false)
        expect(event.session.status).toBe("running");
  });

  it("is seen in lists, also by who keeps no mirror", async () => {
    const stage = await useStage();
    const { client } = await mirrorOf(stage);
    const other = otherProcess(stage.path);
    other.create("ses_t", "terminal");
    other.answer("ses_t", "msg_a");
    stage.known.set("ses_t", snapshotOf(sessionOfId("ses_t", "terminal")));
    stage.known.set("ses_r", snapshotOf(sessionOfId("ses_r", "at rest")));
    await vi.waitFor(() => expect(client.registry.get("ses_t")?.status).toBe("running"));
    const listed = (await client.session.list()).map(({ id, status, verified }) => [id, status, verified]);
    expect(listed).toEqual([
      ["ses_t", "running", false],
      ["ses_r", "idle", undefined],
    ]);
    const connection = await connect(stage);
    const page = await connection.listSessions?.({ limit: 5, signal });
    expect(page?.sessions).toMatchObject([
      { session: { id: "ses_t" }, running: true, verified: false },
      { session: { id: "ses_r" }, running: false },
    ]);
    await connection.close();
  });

  it("is told once when the engine tells it too, before or after", async () => {
    const stage = await useStage();
    const { client, events } = await mirrorOf(stage);
    const other = otherProcess(stage.path);
    const early = other.create("ses_early", "early");
    stage.known.set("ses_early", snapshotOf(sessionOfId("ses_early")));
    // It waits for the engine's word for a while; then it is taken.
    await vi.waitFor(() => expect(client.registry.get("ses_early")?.origin).toBe("storage"));
    const told = client.registry.get("ses_early");
    stage.hear({ type: "session_created", session: sessionOfId("ses_early", "early") }, early);
    await vi.waitFor(() => expect(client.registry.get("ses_early")).not.toHaveProperty("origin"));
    expect(client.registry.get("ses_early")).toEqual({ ...told, origin: undefined });

    const late = otherProcess(stage.path).create("ses_late", "late");
    stage.hear({ type: "session_created", session: sessionOfId("ses_late", "late") }, late);
    await vi.waitFor(() => expect(client.registry.get("ses_late")).toBeDefined());
    await new Promise((resolve) => setTimeout(resolve, 800));
    expect(client.registry.get("ses_late")).not.toHaveProperty("origin");
    const created = events.filter(({ type }) => type === "session_created");
    expect(created).toHaveLength(2);
  });

  it("is not believed of a file that is another engine's", async () => {
    const stage = await useStage({ pollSessions: 50 });
    const { client } = await mirrorOf(stage);
    const other = otherProcess(stage.path);
    other.create("ses_t", "terminal");
    await vi.waitFor(() =>
      expect(stage.diagnostics).toContainEqual(
        expect.objectContaining({
          code: "storage_of_another_engine",
          message: expect.stringContaining(stage.path),
        }),
      ),
    );
    expect(client.registry.list()).toEqual([]);
    // The engine is asked instead.
    stage.known.set("ses_far", snapshotOf(sessionOfId("ses_far")));
    await vi.waitFor(() => expect(client.registry.get("ses_far")).toMatchObject({ origin: "storage" }));
  });

  it("is not read where the engine's events have no ids, for then nobody knows what it told already", async () => {
    const stage = await useStage({ pollSessions: false });
    const { client } = await mirrorOf(stage);
    stage.hear({ type: "session_created", session: sessionOfId("ses_old") });
    await vi.waitFor(() => expect(client.registry.get("ses_old")).toBeDefined());
    otherProcess(stage.path).create("ses_t", "terminal");
    stage.known.set("ses_t", snapshotOf(sessionOfId("ses_t")));
    await new Promise((resolve) => setTimeout(resolve, 900));
    expect(client.registry.get("ses_t")).toBeUndefined();
  });

  it("may be a deletion, of which the storage keeps nothing", async () => {
    const stage = await useStage();
    for (const id of Object.values(ids)) stage.known.set(id, snapshotOf(sessionOfId(id)));
    const { client, events } = await mirrorOf(stage);
    const other = otherProcess(stage.path);
    // The first change shows that the file is the engine's.
    other.create("ses_t", "terminal");
    stage.known.set("ses_t", snapshotOf(sessionOfId("ses_t")));
    await vi.waitFor(() => expect(client.registry.get("ses_t")).toBeDefined());
    other.remove(ids.failed);
    await vi.waitFor(() => expect(client.registry.get(ids.failed)).toBeUndefined(), 5_000);
    other.remove(ids.aborted);
    stage.hear({ type: "session_deleted", sessionId: ids.aborted }, "evt_deleted");
    await vi.waitFor(() => expect(client.registry.get(ids.aborted)).toBeUndefined());
    await new Promise((resolve) => setTimeout(resolve, 2_200));
    const deleted = events.filter(({ type }) => type === "session_deleted");
    expect(deleted).toEqual([
      { type: "session_deleted", sessionId: ids.failed, origin: "storage" },
      { type: "session_deleted", sessionId: ids.aborted },
    ]);
    expect(client.registry.list()).toHaveLength(4);
  });

  it("is not looked for with followStorage: false; what was read of it is followed to its end", async () => {
    const stage = await useStage({ followStorage: false });
    stage.known.set("ses_r", snapshotOf(sessionOfId("ses_r"), { messages: [answerOf("ses_r", "msg_a")] }));
    const { client } = await mirrorOf(stage);
    expect(client.registry.get("ses_r")).toMatchObject({ status: "running", verified: false });
    otherProcess(stage.path).create("ses_t", "terminal");
    stage.known.set("ses_t", snapshotOf(sessionOfId("ses_t")));
    const whole = answerOf("ses_r", "msg_a", { completedAt: Date.now(), stopReason: "stop" });
    stage.known.set("ses_r", snapshotOf(sessionOfId("ses_r"), { messages: [whole] }));
    const isOver = (session: Session) => session.status !== "running";
    const rested = await client.registry.waitFor("ses_r", isOver, { timeout: 20_000 });
    expect(rested).toMatchObject({ status: "completed" });
    expect(rested).not.toHaveProperty("verified");
    expect(client.registry.get("ses_t")).toBeUndefined();
  });
});

describe("a session with an open answer that the engine calls idle", () => {
  it("runs elsewhere, unless this client saw its engine run it: then it died with it", async () => {
    const stage = await useStage();
    const connection = await connect(stage);
    const open = (id: string) => snapshotOf(sessionOfId(id), { messages: [answerOf(id, `msg_${id}`)] });
    for (const id of ["ses_a", "ses_b", "ses_c", "ses_d"]) stage.known.set(id, open(id));
    const stream = await connection.events({ signal });
    const reading = (async () => {
      for await (const _ of stream);
    })();
    // Heard at work; heard of its answer; prompted by this client.
    stage.hear({ type: "session_status", sessionId: "ses_b", running: true });
    stage.hear({ type: "message_updated", message: answerOf("ses_c", "msg_ses_c") }, "evt_1");
    await new Promise(setImmediate);
    await connection.prompt({ sessionId: "ses_d", content: "Hi", signal });
    stage.known.set(
      "ses_d",
      snapshotOf(sessionOfId("ses_d"), { messages: [answerOf("ses_d", "msg_x", { turnId: "msg_mine" })] }),
    );
    stage.drop();
    await reading;
    await connection.close();
    const again = await connect(stage);
    const read = await again.snapshot({ withMessages: ["ses_a", "ses_b", "ses_c", "ses_d"], signal });
    expect(read.map(({ session, running, verified }) => [session.id, running, verified])).toEqual([
      ["ses_a", true, false],
      ["ses_b", false, undefined],
      ["ses_c", false, undefined],
      ["ses_d", false, undefined],
    ]);
    // Once decided it stays so.
    const once = await again.snapshot({ withMessages: ["ses_b"], sessionIds: ["ses_b"], signal });
    expect(once).toMatchObject([{ running: false }]);
  });

  it("is believed to rest when nothing was written for a day", async () => {
    const stage = await useStage();
    const old = Date.now() - 25 * 60 * 60 * 1_000;
    const session = { ...sessionOfId("ses_a"), updatedAt: old };
    const messages = [answerOf("ses_a", "msg_a", { createdAt: old })];
    stage.known.set("ses_a", snapshotOf(session, { messages }));
    const read = await (await connect(stage)).snapshot({ withMessages: ["ses_a"], signal });
    expect(read).toMatchObject([{ running: false }]);
    expect(read[0]?.session).not.toHaveProperty("origin");
  });

  it("is the engine's own when that tells its answer after all", async () => {
    const stage = await useStage();
    stage.known.set("ses_a", snapshotOf(sessionOfId("ses_a"), { messages: [answerOf("ses_a", "msg_a")] }));
    const { client } = await mirrorOf(stage);
    expect(client.registry.get("ses_a")).toMatchObject({ status: "running", verified: false });
    const message = answerOf("ses_a", "msg_a", { completedAt: 9, stopReason: "stop" });
    stage.hear({ type: "message_updated", message }, "evt_1");
    await vi.waitFor(() => expect(client.registry.get("ses_a")?.status).toBe("completed"));
    expect(client.registry.get("ses_a")).not.toHaveProperty("origin");
  });
});

describe("an engine that is not there", () => {
  it("is stood in for by its history, at once if it never was there", async () => {
    const stage = await useStage();
    stage.refuse(gone());
    const { client } = await mirrorOf(stage);
    expect(client.registry.list().map(({ id, status, source }) => [id, status, source])).toEqual([
      [ids.aborted, "idle", "history"],
      [ids.parent, "completed", "history"],
      [ids.child, "completed", "history"],
      [ids.failed, "error", "history"],
      [ids.answers, "completed", "history"],
    ]);
    expect(stage.diagnostics.map(({ code }) => code)).toContain("engine_offline");
    // What is written meanwhile is told as well.
    otherProcess(stage.path).create("ses_t", "terminal");
    await vi.waitFor(() =>
      expect(client.registry.get("ses_t")).toMatchObject({ origin: "storage", source: "history" }),
    );
    const live = client.registry
      .list()
      .map(({ engineId: _, status: __, source: ___, origin: ____, ...told }) => told);
    for (const session of live) stage.known.set(session.id, snapshotOf(session));
    stage.refuse();
    await vi.waitFor(
      () => expect(client.registry.list().some(({ source }) => source !== undefined)).toBe(false),
      8_000,
    );
    expect(client.registry.list()).toHaveLength(6);
  });

  it("is waited for when it was there a moment ago, and when there is no file", async () => {
    const stage = await useStage();
    const connection = await connect(stage);
    await connection.close();
    stage.refuse(gone());
    await expect(connect(stage)).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });

    const bare = await useStage({}, { path: join(await useFolder(), "none.db") });
    bare.refuse(gone());
    await expect(connect(bare)).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    const off = await useStage({ history: false });
    off.refuse(gone());
    await expect(connect(off)).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE" });
    const locked = await useStage();
    locked.refuse(new EngineError("AUTH_REQUIRED", "401"));
    await expect(connect(locked)).rejects.toMatchObject({ code: "AUTH_REQUIRED" });
  });

  it("can't be asked for anything, and says so", async () => {
    const stage = await useStage();
    stage.refuse(gone());
    const connection = await connect(stage);
    const refusal = {
      code: "ENGINE_UNAVAILABLE",
      retryable: false,
      message: expect.stringContaining(`only its stored history: ${gone().message}`),
    };
    await expect(connection.createSession({})).rejects.toMatchObject(refusal);
    await expect(connection.abort(ids.answers, {})).rejects.toMatchObject(refusal);
    await expect(connection.prompt({ sessionId: ids.answers, content: "Hi", signal })).rejects.toMatchObject(
      refusal,
    );
    expect(await connection.health({})).toMatchObject({ ok: false });
    expect(await connection.messages(ids.answers, {})).not.toEqual([]);
    await expect(connection.messages("ses_none", {})).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });

  it("that has just come back is asked again for what was asked of its history", async () => {
    const stage = await useStage();
    stage.refuse(gone());
    const connection = await connect(stage);
    stage.refuse();
    const again = { code: "ENGINE_UNAVAILABLE", retryable: true };
    await expect(connection.prompt({ sessionId: ids.answers, content: "Hi", signal })).rejects.toMatchObject(
      again,
    );
    await expect(connection.createSession({})).rejects.toMatchObject(again);
  });
});

describe("the end", () => {
  it.runIf(process.platform === "linux")("closes the file", async () => {
    const stage = await useStage();
    const { client } = await mirrorOf(stage);
    const open = () =>
      readdirSync("/proc/self/fd").filter((fd) => {
        try {
          return readlinkSync(`/proc/self/fd/${fd}`) === stage.path;
        } catch {
          return false;
        }
      }).length;
    expect(open()).toBe(1);
    await client.dispose();
    expect(open()).toBe(0);
  });

  it.each([{ followStorage: 5 }, { pollSessions: Number.NaN }, { followStorage: 2 ** 31 }])(
    "does not begin with %o",
    async (options) => {
      await expect(useStage(options)).rejects.toMatchObject({ code: "CONFIG_INVALID" });
    },
  );
});
