import { readFileSync } from "node:fs";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { DriverEvent } from "../../src/engine/driver-events.ts";
import type { Message } from "../../src/engine/message.ts";
import { messageOf } from "../../src/lifecycle/message-state.ts";
import { restoreMessage } from "../../src/lifecycle/session-state.ts";
import { decodeMessage } from "../../src/opencode/native/decode.ts";
import { readFrame } from "../../src/opencode/native/frames.ts";
import { messagesSchema } from "../../src/opencode/native/schema.ts";
import { readSse } from "../../src/stream/sse.ts";

/** One call of a scenario, as it was recorded. */
interface RecordedCall {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly responseBody: unknown;
}

/** An event as it stands in the recording, read without the package's help. */
export interface RawPayload {
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

const pathOf = (file: string) => new URL(`../fixtures/opencode/${file}`, import.meta.url);

export const recordedBytes = (name: string): string => readFileSync(pathOf(`${name}.global.sse`), "utf8");

export const recordedCalls = (name: string): readonly RecordedCall[] =>
  JSON.parse(readFileSync(pathOf(`${name}.http.json`), "utf8"));

/** Every answer of `GET /session/:id/message`, oldest first, as `client.session.messages()` would give it. */
export function recordedHistories(name: string): readonly (readonly Message[])[] {
  return recordedCalls(name)
    .filter(({ method, path }) => method === "GET" && path.endsWith("/message"))
    .map(({ responseBody }) =>
      messagesSchema.parse(responseBody).map((wire) => messageOf(restoreMessage(decodeMessage(wire)))),
    );
}

/** The plain events: of each durable one the engine sends a copy besides, of type `sync`. */
export function rawPayloads(bytes: string): readonly RawPayload[] {
  return bytes
    .split("\n\n")
    .filter((frame) => frame.startsWith("data: "))
    .map((frame): RawPayload => JSON.parse(frame.slice("data: ".length)).payload)
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
  const report = { alive() {}, diagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic) };
  const context = {
    report,
    sawSession: (sessionId: string, directory: string) => directories.set(sessionId, directory),
  };
  for await (const frame of readSse(new Response(bytes))) {
    for (const { event } of readFrame(frame, context)) events.push(event);
  }
  return { events, diagnostics, directories };
}
