import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import type { Message } from "../../src/engine/message.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { restoreMessages } from "../../src/lifecycle/restore-messages.ts";
import { restoreMessage } from "../../src/lifecycle/session-state.ts";
import { decodeMessage } from "../../src/opencode/native/decode.ts";
import { readFrame } from "../../src/opencode/native/frames.ts";
import { messageSchema, messagesSchema } from "../../src/opencode/native/schema/message.ts";
import { readSse } from "../../src/stream/sse.ts";

/** One call of a scenario, as it was recorded. */
export interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

/** Each scenario was recorded from both: all directories, and one. They were listened to side by side. */
export type RecordedStream = "global" | "event";

/** An event as it stands in the recording, read without the package's help. */
export interface RawPayload {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const pathOf = (file: string) => new URL(`../fixtures/opencode/${file}`, import.meta.url);

export const recordedBytes = (name: string, stream: RecordedStream = "global"): string =>
  readFileSync(pathOf(`${name}.${stream}.sse`), "utf8");

export const recordedCalls = (name: string): readonly RecordedCall[] =>
  JSON.parse(readFileSync(pathOf(`${name}.http.json`), "utf8"));

/** Every answer of `GET /session/:id/message`, oldest first, as `client.session.messages()` would give it. */
export function recordedHistories(name: string): readonly (readonly Message[])[] {
  return recordedCalls(name).flatMap(({ method, path, status, responseBody }) =>
    method === "GET" && path.endsWith("/message") && status === 200
      ? [restoreMessages(messagesSchema.parse(responseBody).map(decodeMessage)).map(messageOf)]
      : [],
  );
}

/**
 * The last that the engine told of each message when it was asked, by their ids. Where a session can't be read any
 * more (its prompt asked for a format), that is the answer to the prompt.
 */
export function recordedMessages(name: string): ReadonlyMap<string, Message> {
  const answers = recordedCalls(name).flatMap(({ method, path, status, responseBody }) =>
    method === "POST" && path.endsWith("/message") && status === 200
      ? [messageOf(restoreMessage(decodeMessage(messageSchema.parse(responseBody))))]
      : [],
  );
  const histories = recordedHistories(name);
  return new Map(
    (histories.length === 0 ? answers : histories.flat()).map((message) => [message.id, message]),
  );
}

/** The plain events: of each durable one the engine sends a copy besides, of type `sync`. */
export function rawPayloads(bytes: string): readonly RawPayload[] {
  return bytes
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: "))
    .map((frame) => JSON.parse(frame.slice("data: ".length)))
    .map((frame): RawPayload => frame.payload ?? frame)
    .filter(({ type }) => type !== "sync");
}

/** The same traffic with every frame twice, as a careless proxy would send it. */
export function doubled(bytes: string): string {
  return bytes
    .split("\n\n")
    .map((frame) => (frame === "" ? "" : `${frame}\n\n${frame}\n\n`))
    .join("");
}

/** All the way that bytes go in the driver: frames, then facts. */
export async function decodeRecording(bytes: string) {
  const events: DriverEvent[] = [];
  const diagnostics: Diagnostic[] = [];
  const directories = new Map<string, string>();
  const report = {
    alive() {},
    beat() {},
    retryAfter() {},
    diagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic),
  };
  const context = {
    report,
    sawSession: (sessionId: string, directory: string) => directories.set(sessionId, directory),
  };
  for await (const frame of readSse(new Response(bytes))) {
    for (const { event } of readFrame(frame, context)) events.push(event);
  }
  return { events, diagnostics, directories };
}
