import type { ToolCall } from "../engine/message.ts";
import { isText, type MessageState } from "./message-state.ts";
import { toolCallMachine } from "./tool-call-machine.ts";

/**
 * Takes back the text of unfinished parts: the engine starts this step again. An empty one has nothing to take back, and
 * may belong to the new step: records are read while the news of that waits.
 */
export function withdrawUnfinished(state: MessageState): boolean {
  let withdrawn = false;
  for (const known of state.parts.values()) {
    if (!isText(known.part) || known.complete || known.text === "") continue;
    withdrawn = true;
    known.text = "";
    known.complete = true;
  }
  if (withdrawn) state.shown = undefined;
  return withdrawn;
}

/** Ends the tool calls that are still under way: their turn is over, and no report will come. */
export function cancelTools(state: MessageState): readonly ToolCall[] {
  const cancelled: ToolCall[] = [];
  for (const known of state.parts.values()) {
    if (known.part.type !== "tool") continue;
    const { toolCall } = known.part;
    const { ok, state: status } = toolCallMachine.tryTransition(toolCall.status, "tool_cancelled");
    if (!ok) continue;
    const ended: ToolCall = { ...toolCall, status, error: "Cancelled: its turn ended before it was done." };
    known.part = { ...known.part, toolCall: ended };
    state.shown = undefined;
    cancelled.push(ended);
  }
  return cancelled;
}

/** The connection dropped: what unfinished parts say from now on may have a hole in it. */
export function loseSync(state: MessageState): void {
  for (const known of state.parts.values()) if (!known.complete) known.synced = false;
}

/** The engine has it on record as complete: what is not told of it by then never will be. */
export function closeParts(state: MessageState): void {
  for (const known of state.parts.values()) known.complete = true;
}

/** Is there text of which only the engine knows the whole? */
export function hasHole(state: MessageState): boolean {
  return [...state.parts.values()].some(({ complete, synced }) => !complete && !synced);
}
