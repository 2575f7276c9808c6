import type {
  RecordedFrame,
  RecordedInfo,
  RecordedPart,
  RecordedProperties,
  RecordedStatus,
} from "./recording.ts";

export interface MessageRecord {
  readonly info: RecordedInfo;
  readonly parts: readonly RecordedPart[];
}

/** What somebody is asked. */
export type RequestKind = "permission" | "question";

interface KeptMessage {
  info: RecordedInfo;
  readonly parts: Map<string, RecordedPart>;
}

/**
 * What the fake server has on record: what the real one would answer when it is asked now, kept from the frames that
 * were played so far.
 */
export class FakeRecords {
  readonly #sessions = new Map<string, RecordedInfo>();
  readonly #messages = new Map<string, Map<string, KeptMessage>>();
  /** Of sessions that are not idle. */
  readonly #statuses = new Map<string, RecordedStatus>();
  readonly #requests = {
    permission: new Map<string, RecordedProperties>(),
    question: new Map<string, RecordedProperties>(),
  } as const satisfies Record<RequestKind, unknown>;

  /** Something happened. */
  take({ payload: { type, properties = {} } }: RecordedFrame): void {
    const { sessionID = "", messageID = "", partID = "", requestID = "", info, part, status } = properties;
    switch (type) {
      case "session.created":
      case "session.updated":
        if (info !== undefined) this.putSession(info);
        break;
      case "session.deleted":
        if (info !== undefined) this.removeSession(info.id);
        break;
      case "session.status":
        if (status === undefined || status.type === "idle") this.#statuses.delete(sessionID);
        else this.#statuses.set(sessionID, status);
        break;
      case "session.idle":
        this.#statuses.delete(sessionID);
        break;
      case "message.updated":
        if (info !== undefined) this.#putMessage(info);
        break;
      case "message.removed":
        this.#messages.get(sessionID)?.delete(messageID);
        break;
      case "message.part.updated":
        if (part !== undefined)
          this.#messages.get(part.sessionID)?.get(part.messageID)?.parts.set(part.id, part);
        break;
      case "message.part.removed":
        this.#messages.get(sessionID)?.get(messageID)?.parts.delete(partID);
        break;
      case "permission.asked":
        this.#requests.permission.set(properties.id ?? "", properties);
        break;
      case "question.asked":
        this.#requests.question.set(properties.id ?? "", properties);
        break;
      // An aborted turn says nothing of the kind: what it asked stays on the list.
      case "permission.replied":
        this.#requests.permission.delete(requestID);
        break;
      case "question.replied":
      case "question.rejected":
        this.#requests.question.delete(requestID);
        break;
      case "server.instance.disposed":
        this.#forgetRequests(properties.directory ?? "");
        break;
    }
  }

  putSession(info: RecordedInfo): void {
    this.#sessions.set(info.id, info);
  }

  /** With its subagents'. */
  removeSession(sessionId: string): void {
    const children = [...this.#sessions.values()].filter(({ parentID }) => parentID === sessionId);
    this.#sessions.delete(sessionId);
    this.#messages.delete(sessionId);
    this.#statuses.delete(sessionId);
    for (const { id } of children) this.removeSession(id);
  }

  session(sessionId: string): RecordedInfo | undefined {
    return this.#sessions.get(sessionId);
  }

  /** Newest first; those of one directory, or all. */
  sessions(directory?: string): readonly RecordedInfo[] {
    const all = [...this.#sessions.values()];
    const updated = ({ time }: RecordedInfo) => time?.updated ?? 0;
    return all
      .filter((info) => directory === undefined || info.directory === directory)
      .sort((a, b) => updated(b) - updated(a));
  }

  /** Of the sessions of a directory that are not idle, by their ids. */
  statuses(directory: string): Readonly<Record<string, RecordedStatus>> {
    return Object.fromEntries([...this.#statuses].filter(([id]) => this.#isIn(id, directory)));
  }

  /** Oldest first. Text that is still being written reads as empty: the real one stores a text when it ends. */
  messages(sessionId: string): readonly MessageRecord[] {
    const created = ({ info }: KeptMessage) => info.time?.created ?? 0;
    return [...(this.#messages.get(sessionId)?.values() ?? [])]
      .sort((a, b) => created(a) - created(b) || byId(a.info, b.info))
      .map(({ info, parts }) => ({ info, parts: [...parts.values()].sort(byId).map(stored) }));
  }

  /** The requests of a directory's sessions that wait for an answer, as they were asked. */
  requests(kind: RequestKind, directory: string): readonly RecordedProperties[] {
    return [...this.#requests[kind].values()].filter(({ sessionID = "" }) =>
      this.#isIn(sessionID, directory),
    );
  }

  /** It was answered; nobody has been told yet. */
  dropRequest(kind: RequestKind, requestId: string): void {
    this.#requests[kind].delete(requestId);
  }

  #putMessage(info: RecordedInfo): void {
    const { id, sessionID = "" } = info;
    const messages = this.#messages.get(sessionID) ?? new Map<string, KeptMessage>();
    this.#messages.set(sessionID, messages);
    const known = messages.get(id);
    if (known === undefined) messages.set(id, { info, parts: new Map() });
    else known.info = info;
  }

  #forgetRequests(directory: string): void {
    for (const requests of Object.values(this.#requests)) {
      for (const [id, { sessionID = "" }] of requests)
        if (this.#isIn(sessionID, directory)) requests.delete(id);
    }
  }

  #isIn(sessionId: string, directory: string): boolean {
    return this.#sessions.get(sessionId)?.directory === directory;
  }
}

/** What a person wrote has no time; what a model writes has its end only when it is whole. */
function stored(part: RecordedPart): RecordedPart {
  const isOpen = part.time !== undefined && part.time.end === undefined;
  return isOpen && (part.type === "text" || part.type === "reasoning") ? { ...part, text: "" } : part;
}

function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}
