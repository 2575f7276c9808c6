/** One frame of OpenCode's `/global/event`, recorded or made up. */
export interface RecordedFrame {
  readonly directory?: string | undefined;
  readonly project?: string | undefined;
  readonly payload: RecordedEvent;
}

export interface RecordedEvent {
  /** `"sync"` for the copy that follows each durable event. */
  readonly type: string;
  readonly id?: string | undefined;
  readonly properties?: RecordedProperties | undefined;
  readonly [field: string]: unknown;
}

/** The properties of any event: named are those that the fake server goes by. */
export interface RecordedProperties {
  readonly id?: string | undefined;
  readonly sessionID?: string | undefined;
  readonly messageID?: string | undefined;
  readonly partID?: string | undefined;
  readonly requestID?: string | undefined;
  readonly directory?: string | undefined;
  readonly info?: RecordedInfo | undefined;
  readonly part?: RecordedPart | undefined;
  readonly status?: RecordedStatus | undefined;
  readonly error?: RecordedError | undefined;
  readonly reply?: string | undefined;
  readonly [field: string]: unknown;
}

/** What is on record of a session, or of a message without its parts. */
export interface RecordedInfo {
  readonly id: string;
  readonly parentID?: string | undefined;
  readonly time?: RecordedTime | undefined;
  /** Of a session. */
  readonly directory?: string | undefined;
  readonly revert?: unknown;
  readonly permission?: unknown;
  /** Of a message. */
  readonly sessionID?: string | undefined;
  readonly role?: string | undefined;
  readonly error?: RecordedError | undefined;
  readonly providerID?: string | undefined;
  readonly modelID?: string | undefined;
  readonly format?: unknown;
  /** `true` on a compaction's answer, an object on user messages. */
  readonly summary?: unknown;
  readonly [field: string]: unknown;
}

export interface RecordedTime {
  readonly created?: number | undefined;
  readonly updated?: number | undefined;
  readonly completed?: number | undefined;
  readonly archived?: number | undefined;
  readonly [field: string]: unknown;
}

export interface RecordedPart {
  readonly id: string;
  readonly sessionID: string;
  readonly messageID: string;
  readonly type: string;
  readonly text?: string | undefined;
  readonly synthetic?: boolean | undefined;
  /** Of a compaction: the engine's own idea, not a person's. */
  readonly auto?: boolean | undefined;
  readonly metadata?: { readonly [field: string]: unknown } | undefined;
  readonly time?: { readonly start?: number | undefined; readonly end?: number | undefined } | undefined;
  readonly [field: string]: unknown;
}

export interface RecordedStatus {
  readonly type: string;
  readonly [field: string]: unknown;
}

export interface RecordedError {
  readonly name: string;
  readonly [field: string]: unknown;
}

/** Reads the body of `/global/event` as it went over the wire: `data: <one JSON line>`, blank line, and so on. */
export function parseRecording(body: string): readonly RecordedFrame[] {
  return body
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: "))
    .map((frame): RecordedFrame => JSON.parse(frame.slice("data: ".length)));
}

/** Every stream says these for itself: they are no part of what happened. */
export function isOfTheStream({ payload: { type } }: RecordedFrame): boolean {
  return type === "server.connected" || type === "server.heartbeat";
}
