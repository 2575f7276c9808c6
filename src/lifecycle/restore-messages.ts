import type { DriverMessage } from "../engine/driver-events.ts";
import { continueTurn, repeatsPrompt, turnOf } from "./continued-turns.ts";
import type { MessageState } from "./message-state.ts";
import { restoreMessage } from "./session-state.ts";

/** Messages that stand behind each other, as history gives them, made by the same rules as live ones. */
export function restoreMessages(list: readonly DriverMessage[]): readonly MessageState[] {
  const messages = new Map<string, MessageState>();
  let before: MessageState | undefined;
  for (const told of list) {
    const turnId = turnOf(told, messages);
    const message = restoreMessage(turnId === told.turnId ? told : { ...told, turnId });
    if (told.continues || repeatsPrompt(message, before, messages)) continueTurn(message, before);
    messages.set(told.id, message);
    before = message;
  }
  return [...messages.values()];
}
