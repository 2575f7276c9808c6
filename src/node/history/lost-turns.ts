import type { DriverMessage } from "../../engine/driver-events.ts";
import type { MessageState } from "../../lifecycle/message-state.ts";
import { cancelTools } from "../../lifecycle/unfinished-parts.ts";

type Told = Pick<DriverMessage, "role" | "completedAt" | "error">;

/** An answer whose engine has not said how it ended: it is at work on it, or it died. */
export function lacksLastWord({ role, completedAt, error }: Told): boolean {
  return role !== "user" && completedAt === undefined && error === undefined;
}

/**
 * Makes of a turn that died with its engine what a client makes of it: what is there is kept and marked as not complete,
 * and its tools are cancelled. `lost`: the answers that died.
 */
export function endLostTurns(messages: readonly MessageState[], lost: ReadonlySet<string>): void {
  const last = new Map(messages.filter(isAnswer).map((message) => [message.info.turnId, message]));
  const turns = new Set([...last.values()].flatMap(({ info }) => (lost.has(info.id) ? [info.turnId] : [])));
  for (const message of messages) {
    if (!isAnswer(message) || !turns.has(message.info.turnId)) continue;
    cancelTools(message);
    message.info = { ...message.info, complete: false };
    message.shown = undefined;
  }
}

function isAnswer({ info }: MessageState): boolean {
  return info.role !== "user";
}
