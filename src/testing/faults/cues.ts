import { Authors } from "./authors.ts";
import type { RecordedFrame, RecordedInfo, RecordedProperties } from "./recording.ts";

/** What somebody did outside the server, so that it happened. */
export type CueType =
  | "create"
  | "delete"
  | "prompt"
  | "shell"
  | "summarize"
  | "abort"
  | "revert"
  | "unrevert"
  | "dispose"
  | "permission"
  | "question";

/** A frame that comes only when somebody does something: it waits for that. */
export interface Cue {
  readonly type: CueType;
  /** The session that is meant; of an answer the request, of `dispose` the directory. */
  readonly of: string;
  /** The message that a person sent, and those of its parts that are the person's own. */
  readonly messageId?: string | undefined;
  readonly partIds?: readonly string[] | undefined;
}

/** What is known of a session at some place of a recording. */
interface SessionSoFar {
  info: RecordedInfo;
  /** User messages so far. */
  readonly prompts: Set<string>;
  /** Requests that wait for an answer. */
  readonly pending: Set<string>;
  isRetrying: boolean;
  isStopping: boolean;
}

/** Finds the frames of a recording that somebody had to cause, by their index. */
export function findCues(frames: readonly RecordedFrame[]): ReadonlyMap<number, Cue> {
  const finder = new CueFinder(frames);
  for (const index of frames.keys()) finder.look(index);
  return finder.cues;
}

class CueFinder {
  readonly cues = new Map<number, Cue>();
  readonly #frames: readonly RecordedFrame[];
  readonly #sessions = new Map<string, SessionSoFar>();
  readonly #authors: Authors;
  /** Denied along with another request of their session. */
  readonly #deniedAlong = new Set<string>();

  constructor(frames: readonly RecordedFrame[]) {
    this.#frames = frames;
    this.#authors = new Authors(frames);
  }

  look(index: number): void {
    const payload = this.#frames[index]?.payload;
    if (payload === undefined || payload.type === "sync") return;
    const { properties = {} } = payload;
    const { info, part, requestID = "", directory = "" } = properties;
    const session = this.#sessions.get(sessionOf(properties));
    switch (payload.type) {
      case "session.created":
        if (info === undefined) break;
        this.#sessions.set(info.id, begin(info));
        if (isRoot(info)) this.#put(index, { type: "create", of: info.id });
        break;
      case "session.updated":
        if (info === undefined) break;
        if (session === undefined) this.#sessions.set(info.id, begin(info));
        else this.#lookAtRevert(index, info, session);
        break;
      case "session.deleted":
        if (info !== undefined && isRoot(info)) this.#put(index, { type: "delete", of: info.id });
        break;
      case "session.status":
        if (session !== undefined) session.isRetrying = properties.status?.type === "retry";
        break;
      case "session.error":
        if (properties.error?.name === "MessageAbortedError") this.#stop(index, session);
        break;
      case "message.updated":
        if (info !== undefined && session !== undefined) this.#lookAtMessage(index, info, session);
        break;
      case "message.part.updated":
        // An engine that waits to try again changes nothing of its answer, unless it is told to stop.
        if (session?.isRetrying && part && !session.prompts.has(part.messageID)) this.#stop(index, session);
        break;
      case "permission.asked":
        session?.pending.add(properties.id ?? "");
        break;
      case "permission.replied":
        session?.pending.delete(requestID);
        if (!this.#deniedAlong.has(requestID)) this.#put(index, { type: "permission", of: requestID });
        if (properties.reply === "reject") for (const id of session?.pending ?? []) this.#deniedAlong.add(id);
        break;
      case "question.replied":
      case "question.rejected":
        this.#put(index, { type: "question", of: requestID });
        break;
      case "server.instance.disposed":
        this.#put(index, { type: "dispose", of: directory });
        break;
    }
  }

  #lookAtMessage(index: number, info: RecordedInfo, session: SessionSoFar): void {
    if (info.role !== "user") {
      const isAborted = info.error?.name === "MessageAbortedError";
      if (isAborted || (session.isRetrying && info.time?.completed)) this.#stop(index, session);
      return;
    }
    if (session.prompts.has(info.id)) return;
    session.prompts.add(info.id);
    session.isStopping = false;
    // A subagent's prompts are written by its parent.
    if (!isRoot(session.info)) return;
    const of = session.info.id;
    const origin = this.#authors.originOf(info.id);
    if (origin.type === "prompt") {
      const partIds = origin.parts.map(({ id }) => id);
      this.#put(this.#removalBefore(index), { type: "prompt", of, messageId: info.id, partIds });
    } else if (origin.type === "shell") {
      this.#put(this.#before(index, ["session.status"]), { type: "shell", of });
    } else if (origin.type === "summarize") this.#put(index, { type: "summarize", of });
  }

  #lookAtRevert(index: number, info: RecordedInfo, session: SessionSoFar): void {
    const { revert } = session.info;
    session.info = info;
    if (JSON.stringify(info.revert) === JSON.stringify(revert)) return;
    // The next prompt makes a revert final: it removes the messages first.
    const before = this.#frames[this.#before(index, ["message.removed"])];
    if (!info.revert && before?.payload.type === "message.removed") return;
    const type = info.revert ? "revert" : "unrevert";
    this.#put(this.#before(index, ["session.diff"]), { type, of: info.id });
  }

  /** Shows that somebody stopped what runs. With a session its subagents stop. */
  #stop(index: number, session: SessionSoFar | undefined): void {
    const root = session && this.#rootOf(session);
    if (session === undefined || root === undefined) return;
    session.isRetrying = false;
    if (!root.isStopping) this.#put(index, { type: "abort", of: root.info.id });
    root.isStopping = true;
  }

  #rootOf(session: SessionSoFar): SessionSoFar {
    const parent = this.#sessions.get(session.info.parentID ?? "");
    return parent === undefined ? session : this.#rootOf(parent);
  }

  /** The first of these frames that stand directly before one. */
  #before(index: number, types: readonly string[]): number {
    let first = index;
    for (let at = index - 1; at >= 0 && !this.cues.has(at); at -= 1) {
      const type = this.#frames[at]?.payload.type ?? "";
      if (types.includes(type)) first = at;
      else if (type !== "sync") break;
    }
    return first;
  }

  /** A prompt after a revert removes messages before it adds one. */
  #removalBefore(index: number): number {
    const first = this.#before(index, ["session.updated", "message.removed"]);
    const removal = this.#frames
      .slice(first, index)
      .findIndex(({ payload: { type } }) => type === "message.removed");
    return removal < 0 ? index : first + removal;
  }

  #put(index: number, cue: Cue): void {
    this.cues.set(index, cue);
  }
}

function begin(info: RecordedInfo): SessionSoFar {
  return { info, prompts: new Set(), pending: new Set(), isRetrying: false, isStopping: false };
}

function isRoot({ parentID }: RecordedInfo): boolean {
  return parentID === undefined;
}

function sessionOf({ sessionID, info, part }: RecordedProperties): string {
  return sessionID ?? part?.sessionID ?? info?.sessionID ?? info?.id ?? "";
}
