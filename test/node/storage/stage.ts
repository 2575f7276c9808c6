import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import { createEngineClient } from "../../../src/create-engine-client.ts";
import type { Diagnostic } from "../../../src/engine/diagnostics.ts";
import type { DriverItem, EngineConnection, EngineDriver } from "../../../src/engine/driver.ts";
import type { DriverEvent, DriverMessage, DriverSession } from "../../../src/engine/driver-events.ts";
import type { SessionSnapshot } from "../../../src/engine/driver-requests.ts";
import { EngineError } from "../../../src/engine/errors.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { type StorageOptions, withStorage } from "../../../src/node/storage/with-storage.ts";
import { nativeCapabilities } from "../../../src/opencode/native/connection.ts";
import { createChannel } from "../../../src/stream/channel.ts";
import { putDatabase, useFolder } from "../history/files.ts";

/** A process that works on the same database, as `opencode run` does: rows in the tables, and in that of the events. */
export function otherProcess(path: string) {
  const db = new DatabaseSync(path);
  onTestFinished(() => db.close());
  db.exec("PRAGMA journal_mode = WAL; PRAGMA busy_timeout = 2000; PRAGMA foreign_keys = ON");
  const project = String(db.prepare("SELECT id FROM project").get()?.id);
  const seqs = new Map<string, number>();
  let events = 0;
  const tell = (sessionId: string, type: string, data: object): string => {
    const seq = seqs.get(sessionId) ?? 0;
    seqs.set(sessionId, seq + 1);
    events += 1;
    const id = `evt_zz${String(events).padStart(8, "0")}${process.hrtime.bigint()}`;
    db.prepare("INSERT OR IGNORE INTO event_sequence (aggregate_id, seq) VALUES (?, 0)").run(sessionId);
    db.prepare("INSERT INTO event (id, aggregate_id, seq, type, data) VALUES (?, ?, ?, ?, ?)").run(
      id,
      sessionId,
      seq,
      `${type}.1`,
      JSON.stringify({ sessionID: sessionId, ...data }),
    );
    return id;
  };
  return {
    /** Returns the id of the event. */
    create(id: string, title: string): string {
      const now = Date.now();
      db.prepare(
        "INSERT INTO session (id, project_id, slug, directory, title, version, time_created, time_updated) VALUES (?, ?, 's', '/w', ?, '1', ?, ?)",
      ).run(id, project, title, now, now);
      const time = { created: now, updated: now };
      return tell(id, "session.created", { info: { id, title, directory: "/w", time } });
    },
    answer(sessionId: string, id: string, rest: object = {}, time: object = {}): string {
      const info = { id, sessionID: sessionId, role: "assistant", parentID: "msg_p", ...rest };
      return tell(sessionId, "message.updated", {
        info: { ...info, time: { created: Date.now(), ...time } },
      });
    },
    say(sessionId: string, messageID: string, text: string): string {
      const part = { id: `prt_${text}`, sessionID: sessionId, messageID, type: "text", text };
      return tell(sessionId, "message.part.updated", { part: { ...part, time: { start: 1, end: 2 } } });
    },
    remove(id: string): void {
      db.prepare("DELETE FROM event_sequence WHERE aggregate_id = ?").run(id);
      db.prepare("DELETE FROM session WHERE id = ?").run(id);
    },
  };
}

export interface Stage {
  readonly path: string;
  readonly driver: EngineDriver;
  /** What the engine knows, by the sessions' ids. */
  readonly known: Map<string, SessionSnapshot>;
  readonly diagnostics: Diagnostic[];
  /** Nobody answers any more, until it is called without an error. */
  refuse(error?: EngineError): void;
  hear(event: DriverEvent, id?: string): void;
  drop(): void;
  /** How often it was asked for records. */
  readonly reads: number;
}

export const gone = () =>
  new EngineError("ENGINE_UNAVAILABLE", "connect ECONNREFUSED", { engine: "opencode" });

export const snapshotOf = (session: DriverSession, rest: Partial<SessionSnapshot> = {}): SessionSnapshot => ({
  session,
  running: false,
  permissions: [],
  ...rest,
});

export const sessionOfId = (id: string, title = id): DriverSession => ({
  id,
  title,
  createdAt: 1,
  updatedAt: Date.now(),
});

export const answerOf = (
  sessionId: string,
  id: string,
  rest: Partial<DriverMessage> = {},
): DriverMessage => ({
  id,
  sessionId,
  role: "assistant",
  turnId: "msg_p",
  createdAt: Date.now(),
  ...rest,
});

/** An engine that the test plays by hand, with a database beside it. */
export async function useStage(
  options: StorageOptions = {},
  setting: { path?: string } = {},
): Promise<Stage> {
  const path = setting.path ?? putDatabase(await useFolder(), "opencode.db");
  const known = new Map<string, SessionSnapshot>();
  const diagnostics: Diagnostic[] = [];
  let refusal: EngineError | undefined;
  let reads = 0;
  const streams = new Set<ReturnType<typeof createChannel<DriverItem>>>();
  const inner: EngineDriver = {
    id: "opencode",
    name: "OpenCode",
    capabilities: nativeCapabilities,
    async connect(): Promise<EngineConnection> {
      if (refusal !== undefined) throw refusal;
      return {
        version: "1",
        keepsEvents: true,
        async events({ signal }) {
          const channel = createChannel<DriverItem>({ limit: 1_000, signal });
          streams.add(channel);
          return channel;
        },
        close: async () => {},
        health: async () => ({ ok: true, latencyMs: 1 }),
        async snapshot({ sessionIds }) {
          reads += 1;
          const ids = sessionIds ?? [...known.keys()];
          return ids.flatMap((id) => known.get(id) ?? []);
        },
        listSessions: async () => ({ sessions: [...known.values()] }),
        createSession: async () => sessionOfId("ses_made"),
        messages: async () => [],
        prompt: async () => ({ turnId: "msg_mine", accepted: Promise.resolve() }),
        abort: async () => {},
      };
    },
  };
  const driver = withStorage(inner, options, { path, env: {} });
  onTestFinished(() => driver.dispose?.());
  return {
    path,
    driver,
    known,
    diagnostics,
    refuse: (error) => {
      refusal = error;
    },
    hear: (event, id) => {
      for (const stream of streams) stream.push({ event, id });
    },
    drop: () => {
      for (const stream of streams) stream.close();
      streams.clear();
    },
    get reads() {
      return reads;
    },
  };
}

/** A client that mirrors the sessions, and what it tells. */
export async function mirrorOf(stage: Stage) {
  const client = createEngineClient(stage.driver, {
    onDiagnostic: (diagnostic) => stage.diagnostics.push(diagnostic),
  });
  onTestFinished(() => client.dispose());
  const events: EngineEvent[] = [];
  client.events.subscribe((event) => events.push(event));
  await client.connect();
  return { client, events };
}
