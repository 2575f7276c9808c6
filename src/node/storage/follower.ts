import type { DriverItem, DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { SessionSnapshot, SnapshotRequest } from "../../engine/driver-requests.ts";
import { reasonOf } from "../../engine/errors.ts";
import type { Elsewhere } from "../../opencode/others/elsewhere.ts";
import type { Lookout } from "../../opencode/others/lookout.ts";
import { sqliteCode } from "../history/unreadable.ts";
import { decodeStored, isKept } from "./decode-stored.ts";
import { Deletions } from "./deletions.ts";
import type { EventTable, StoredEvent } from "./event-table.ts";
import { StorageMerge, type StoredItem } from "./storage-merge.ts";
import type { StoredFile } from "./stored-file.ts";

export interface FollowerOptions {
  readonly connection: EngineConnection;
  readonly file: StoredFile;
  readonly table: Pick<EventTable, "read" | "changes">;
  readonly elsewhere: Elsewhere;
  readonly report: DriverReport;
  /** Nobody but this file can tell of the sessions: it needs no proof that it is the engine's own. */
  readonly isProven: boolean;
  /** Ends what it asks of the connection. */
  readonly signal: AbortSignal;
  /** The time, in milliseconds. Default: `Date.now`. */
  readonly now?: (() => number) | undefined;
  /** It can't go on: the file is another engine's, or can't be read any more. */
  onStopped(): void;
}

/** Follows the database of an engine beside its event stream, for one life of that. */
export class Follower implements Lookout {
  readonly merge = new StorageMerge();
  readonly deletions: Deletions;
  readonly #options: FollowerOptions;
  readonly #now: () => number;
  /** Is the file the one that the engine itself uses? */
  #proof: "missing" | "sought" | "found" | "failed";

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    const { file, report } = options;
    this.deletions = new Deletions({
      count: () => file.peek(() => file.countSessions(), report),
      all: () => file.peek((facts) => facts.sessionIds(), report),
    });
    this.#proof = options.isProven ? "found" : "missing";
  }

  /** What the engine tells, and what stands before it. */
  hear(item: DriverItem): readonly DriverItem[] {
    const now = this.#now();
    const { elsewhere } = this.#options;
    // Releases without ids: which of its own events it has told already can't be known.
    if (item.id === undefined && isKept(item.event)) this.#stop();
    const passed = this.merge.hear(item, now);
    if (passed.length > 0) return passed.flatMap((one) => this.#tell(one, now));
    return elsewhere.heardAgain(item.event);
  }

  /** Reads what was written, and gives what is due. */
  look(): readonly DriverItem[] {
    if (this.#proof === "failed" || this.#options.signal.aborted) return [];
    const now = this.#now();
    this.readRows();
    const dueSession = this.merge.dueSession(now);
    if (dueSession !== undefined && this.#proof !== "found") void this.#seekProof(dueSession);
    const due = this.#proof === "found" ? this.merge.due(now) : [];
    const told = due.flatMap((item) => this.#tell(item, now));
    // After the rows: they may say that a turn goes on which would be taken for over.
    return [...told, ...this.#options.elsewhere.due(now), ...this.#deleted(now)];
  }

  reading({ withMessages }: SnapshotRequest): (read: readonly SessionSnapshot[] | undefined) => void {
    this.readRows();
    const thaw = this.merge.freeze();
    const wanted = new Set(withMessages);
    return (read = []) => {
      const ids = read.map(({ session }) => session.id);
      for (const id of ids) this.deletions.sawId(id);
      thaw(read.flatMap(({ session: { id }, messages }) => (messages && wanted.has(id) ? [id] : [])));
    };
  }

  dealWith(sessionId: string): void {
    this.merge.dealWith(sessionId, this.#now());
  }

  /** Takes in what was written so far. */
  readRows(): void {
    const { table, report, signal } = this.#options;
    if (this.#proof === "failed" || signal.aborted) return;
    try {
      const now = this.#now();
      const { changes } = table;
      const rows = table.read().map((row) => this.#decode(row, now));
      this.merge.read(rows, now);
      if (table.changes === changes) return;
      const events = rows.flatMap((row) => row.events);
      this.deletions.changed(events.filter(({ type }) => type === "session_created").length);
    } catch (cause) {
      // Somebody has it for himself for a moment: at the next look it is tried again.
      if (isLocked(cause)) return;
      const message = `What other processes do can't be followed any more: ${reasonOf(cause)}`;
      report.diagnostic({ level: "warning", code: "storage_unreadable", message, cause });
      this.#stop();
    }
  }

  #tell(item: DriverItem, now: number): readonly DriverItem[] {
    const { elsewhere, file, report } = this.#options;
    this.deletions.saw(item.event);
    return elsewhere.tell(item, now, (sessionId) => file.peek((facts) => facts.session(sessionId), report));
  }

  #deleted(now: number): readonly DriverItem[] {
    // Of a file that is not the engine's nothing is believed.
    if (this.#proof !== "found") return [];
    return this.deletions.look(now).flatMap((item) => this.#tell(item, now));
  }

  #decode(row: StoredEvent, now: number): StoredItem {
    const { id, sessionId } = row;
    try {
      return { id, sessionId, events: decodeStored(row, now) };
    } catch (cause) {
      const message = `A stored event (${row.type}) can't be understood; it was left out.`;
      this.#options.report.diagnostic({
        level: "warning",
        code: "malformed_event",
        message,
        sessionId,
        cause,
      });
      return { id, sessionId, events: [] };
    }
  }

  /** An engine in a container, or of another user, has a database of its own: it does not know this one's sessions. */
  async #seekProof(sessionId: string): Promise<void> {
    if (this.#proof !== "missing") return;
    this.#proof = "sought";
    const { connection, file, report, signal } = this.#options;
    try {
      const request = { sessionIds: [sessionId], withMessages: [], signal };
      const found = await connection.snapshot(request);
      if (found.length > 0) this.#proof = "found";
      // Deleted meanwhile: another one has to do.
      else if (file.peek((facts) => facts.session(sessionId), report) === undefined) this.#proof = "missing";
    } catch {
      // The wire is about to drop, or the engine is slow: it is asked again.
      this.#proof = "missing";
    }
    if (this.#proof !== "sought") return;
    const message = `${file.path} is not the database of this engine, which does not know the session ${sessionId}; what other processes do is asked of the engine instead.`;
    report.diagnostic({ level: "warning", code: "storage_of_another_engine", message, sessionId });
    this.#stop();
  }

  #stop(): void {
    if (this.#proof === "failed") return;
    this.#proof = "failed";
    this.#options.onStopped();
  }
}

const BUSY = 5;
const LOCKED = 6;

function isLocked(error: unknown): boolean {
  const code = sqliteCode(error);
  return code === BUSY || code === LOCKED;
}
