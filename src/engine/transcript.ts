import type { Message } from "./message.ts";
import type { Session } from "./session.ts";

/** A session with its messages, as plain data. */
export interface Transcript {
  /** Of this form. It changes where what was written before could no longer be read. */
  readonly version: 1;
  readonly session: Session;
  /** Oldest first. */
  readonly messages: readonly Message[];
}

/** `"markdown"` is for people; `"json"` keeps everything, and `parseTranscript` reads it. */
export type TranscriptFormat = "markdown" | "json";
