import type { DriverMessage } from "../engine/driver-events.ts";
import type { MessageState } from "./message-state.ts";

/** The messages of a session that are at hand, in the engine's order. */
type Messages = ReadonlyMap<string, MessageState>;

/**
 * The turn that a message belongs to. An answer belongs to the turn of its prompt, and a prompt that the engine wrote
 * to itself belongs to the turn that it continues; the engine names both by that prompt.
 */
export function turnOf({ turnId }: Pick<DriverMessage, "turnId">, messages: Messages): string | undefined {
  return messages.get(turnId ?? "")?.info.turnId ?? turnId;
}

/** Makes a message one of the turn before it. `false`: it is one already, or nothing is known before it. */
export function continueTurn(message: MessageState, before: MessageState | undefined): boolean {
  const turnId = before?.info.turnId;
  if (turnId === undefined || message.info.turnId === turnId) return false;
  message.info = { ...message.info, turnId };
  message.shown = undefined;
  return true;
}

/**
 * Is this the prompt of the turn once more? An engine that had to shorten the conversation before it could answer puts
 * the prompt again behind its summary, and answers that one. Nothing but its place and its text tells it.
 */
export function repeatsPrompt(
  message: MessageState,
  before: MessageState | undefined,
  messages: Messages,
): boolean {
  if (message.info.role !== "user" || before === undefined) return false;
  const { summary, completedAt, error, turnId = "" } = before.info;
  if (!summary || completedAt === undefined || error !== undefined) return false;
  const prompt = messages.get(turnId);
  const asked = prompt === undefined ? "" : textOf(prompt);
  // What the engine left out of the copy (images, say) it replaces by a note behind it.
  return asked !== "" && textOf(message).startsWith(asked);
}

/** The message that stands before another one. */
export function messageBefore(id: string, messages: Messages): MessageState | undefined {
  let before: MessageState | undefined;
  for (const [other, message] of messages) {
    if (other === id) return before;
    before = message;
  }
  return undefined;
}

function textOf({ parts }: MessageState): string {
  return [...parts.values()].map(({ part, text }) => (part.type === "text" ? text : "")).join("");
}
