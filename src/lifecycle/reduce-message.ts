import type { DriverEvent, DriverMessage } from "../engine/driver-events.ts";
import type { EngineEvent } from "../engine/events.ts";
import { continueTurn, messageBefore, repeatsPrompt, turnOf } from "./continued-turns.ts";
import { createMessageState, type MessageState, messageOf } from "./message-state.ts";
import { appendDelta, orderParts, type PartChange, putPart, putWholeText } from "./put-parts.ts";
import { setActivity } from "./session-changes.ts";
import type { SessionState } from "./session-state.ts";
import { beginTurn, endAnsweredBefore, settleTurns } from "./turns.ts";
import { closeParts, withdrawUnfinished } from "./unfinished-parts.ts";

type MessageEventOf = Extract<
  DriverEvent,
  {
    type:
      | "message_updated"
      | "message_removed"
      | "turn_continued"
      | "part_updated"
      | "part_delta"
      | "part_removed"
      | "step_started";
  }
>;

/** The part of the fold that is about messages. */
export function reduceMessage(state: SessionState, event: MessageEventOf, out: EngineEvent[]): void {
  if (event.type === "message_updated") {
    putMessage(state, event.message, "live", out);
    return;
  }
  if (event.type === "message_removed") {
    // Also of a message that is not held: who shows the conversation has it.
    state.messages.delete(event.messageId);
    out.push(event);
    return;
  }
  const message = state.messages.get(event.messageId);
  if (message === undefined) return;
  switch (event.type) {
    case "turn_continued":
      if (continueTurn(message, messageBefore(event.messageId, state.messages)))
        out.push({ type: "message_updated", message: messageOf(message) });
      break;
    case "part_updated":
      tell(state, message, event.part.id, putPart(message, event, "live"), out);
      break;
    case "part_delta": {
      const growth = appendDelta(message, event);
      if (growth !== undefined) tell(state, message, event.partId, { type: "grown", growth }, out);
      break;
    }
    case "part_removed":
      if (!message.parts.delete(event.partId)) break;
      message.shown = undefined;
      out.push({ type: "message_updated", message: messageOf(message) });
      break;
    case "step_started":
      if (withdrawUnfinished(message)) out.push({ type: "message_updated", message: messageOf(message) });
      setActivity(state, "thinking", out);
      break;
  }
}

/** Takes a message in, live or from a snapshot (whose parts are then the whole list). */
export function putMessage(
  state: SessionState,
  { parts, text, continues, ...told }: DriverMessage,
  source: "live" | "snapshot",
  out: EngineEvent[],
): void {
  let message = state.messages.get(told.id);
  if (message === undefined && told.role !== "user") findRepeatedPrompt(state, told.turnId, out);
  const turnId = turnOf(told, state.messages);
  const info = turnId === told.turnId ? told : { ...told, turnId };
  const isNew = message === undefined;
  if (message === undefined) {
    // A late word on a turn that was forgotten is no new message.
    if (state.forgotten.has(info.id) || info.createdAt < state.forgottenUntil) return;
    message = createMessageState(info);
    state.messages.set(info.id, message);
    state.newestMessageId = info.id;
  } else if (!sameInfo(message.info, info)) {
    message.info = info;
    message.shown = undefined;
  }
  if (text !== undefined) {
    const { partId, change } = putWholeText(message, text);
    if (!isNew) tell(state, message, partId, change, out);
  }
  for (const part of parts ?? []) {
    const change = putPart(message, part, source);
    // Of a message that is new its parts are no changes: it is told whole. Else each is told before the next is put:
    // an event that shows the whole message must not show what another tells after it.
    if (!isNew) tell(state, message, part.part.id, change, out);
  }
  if (parts !== undefined) orderParts(message, parts);
  if (source === "snapshot" && info.completedAt !== undefined) closeParts(message);
  if (continues) continueTurn(message, messageBefore(info.id, state.messages));
  if (isNew) out.push({ type: "message_created", message: messageOf(message) });
  else if (message.shown === undefined) out.push({ type: "message_updated", message: messageOf(message) });

  if (info.role === "user" || info.turnId === undefined) return;
  if (isNew && info.completedAt === undefined) {
    beginTurn(state, info.turnId, out);
    if (source === "live") endAnsweredBefore(state, info.turnId, out);
  }
  // Of a snapshot more messages may follow: who reads it draws the conclusions when all are in.
  if (info.completedAt !== undefined && source === "live") settleTurns(state, out);
}

/** The engine begins to answer a prompt: only now is it known what all of it says. */
function findRepeatedPrompt(state: SessionState, promptId: string | undefined, out: EngineEvent[]): void {
  if (promptId === undefined || state.openTurns.has(promptId)) return;
  const prompt = state.messages.get(promptId);
  if (prompt === undefined || prompt.info.turnId !== promptId) return;
  const before = messageBefore(promptId, state.messages);
  if (repeatsPrompt(prompt, before, state.messages) && continueTurn(prompt, before))
    out.push({ type: "message_updated", message: messageOf(prompt) });
}

function tell(
  state: SessionState,
  message: MessageState,
  partId: string,
  change: PartChange,
  out: EngineEvent[],
): void {
  if (change === undefined) return;
  const sessionId = state.session.id;
  const messageId = message.info.id;
  switch (change.type) {
    case "grown":
      // What a person wrote does not stream in: it is there, or not yet.
      if (message.info.role === "user") {
        out.push({ type: "message_updated", message: messageOf(message) });
        break;
      }
      out.push({ type: "message_delta", sessionId, messageId, partId, ...change.growth });
      setActivity(state, change.growth.kind === "text" ? "responding" : "thinking", out);
      break;
    case "tool": {
      const { toolCall } = change;
      out.push({ type: "tool_call_updated", sessionId, messageId, toolCall });
      const working = toolCall.status === "pending" || toolCall.status === "running";
      setActivity(state, working ? "tool" : "thinking", out);
      break;
    }
    case "replaced":
      out.push({ type: "message_updated", message: messageOf(message) });
  }
}

/** By content: the same facts come as new objects every time. */
function sameInfo(a: MessageState["info"], b: MessageState["info"]): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
