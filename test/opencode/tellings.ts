import type { Message } from "../../src/engine/message.ts";
import type { FoldedPrompt } from "./fold-prompt.ts";
import { decodeRecording, doubled, recordedBytes } from "./recording.ts";
import { withTurnStarted } from "./watch.ts";

/**
 * The same traffic told in five ways: as it was recorded, from both streams; with every frame twice; and with the
 * package's own `turn_started`, which comes when the prompt's POST is answered: before the turn's first event or well
 * after it.
 */
export const TELLINGS = [
  "as recorded",
  "as recorded from /event",
  "every frame twice",
  "own prompt, early",
  "own prompt, late",
] as const;

export type Telling = (typeof TELLINGS)[number];

/** The facts of a recording, all the way that bytes go in the driver. */
export async function tell(name: string, telling: Telling) {
  const bytes = recordedBytes(name, telling === "as recorded from /event" ? "event" : "global");
  const { events } = await decodeRecording(telling === "every frame twice" ? doubled(bytes) : bytes);
  if (telling === "own prompt, early") return withTurnStarted(events, "first");
  return telling === "own prompt, late" ? withTurnStarted(events, "late") : events;
}

/** What a person sees of the texts of an answer; a part that has none is not seen. */
export function textsOf(messages: readonly Message[]) {
  return messages.flatMap(({ parts = [], summary }) =>
    summary
      ? []
      : parts.flatMap((part) =>
          (part.type === "text" || part.type === "reasoning") && part.text !== ""
            ? [[part.id, part.type, part.text]]
            : [],
        ),
  );
}

/** What a person saw of them who read the prompt. */
export function shown({ texts }: FoldedPrompt) {
  return [...texts].flatMap(([id, { kind, text }]) => (text === "" ? [] : [[id, kind, text]]));
}

/** Requests are dated by the client's clock: the engine does not say when it asked. */
export function timeless(events: unknown): unknown {
  const ofRequest = (value: unknown): value is object =>
    typeof value === "object" && value !== null && ("permissionId" in value || "questionId" in value);
  return JSON.parse(JSON.stringify(events), (_, value) =>
    ofRequest(value) ? { ...value, createdAt: 0 } : value,
  );
}
