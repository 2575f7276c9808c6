import type { DriverPart } from "../engine/driver-events.ts";
import type { Part, ToolCall } from "../engine/message.ts";
import { isText, type MessageState, type PartState, type TextLike } from "./message-state.ts";
import { toolCallMachine } from "./tool-call-machine.ts";

export interface TextGrowth {
  readonly kind: "text" | "reasoning";
  readonly offset: number;
  readonly delta: string;
}

/** What became of a part: its text grew, it is another than before, or nothing that can be seen changed. */
export type PartChange =
  | { readonly type: "grown"; readonly growth: TextGrowth }
  | { readonly type: "tool"; readonly toolCall: ToolCall }
  | { readonly type: "replaced" }
  | undefined;

/** `live`: the stream is read from the part's beginning on. A snapshot can't tell what an unfinished part holds. */
export function putPart(state: MessageState, told: DriverPart, source: "live" | "snapshot"): PartChange {
  const known = state.parts.get(told.part.id);
  const change = isText(told.part)
    ? putText(state, known, told.part, told.complete, source === "live")
    : putOther(state, known, told.part);
  if (change !== undefined) state.shown = undefined;
  return change;
}

/** The parts of a message that nobody has seen yet: nothing has changed that anybody could be told of. */
export function restoreParts(state: MessageState, parts: readonly DriverPart[]): void {
  for (const told of parts) {
    const { part, complete } = told;
    if (state.parts.has(part.id)) putPart(state, told, "snapshot");
    else if (isText(part))
      state.parts.set(part.id, { part, text: part.text, complete, synced: complete, told: true });
    else state.parts.set(part.id, { part, text: "", complete: true, synced: true, told: true });
  }
  state.shown = undefined;
}

export interface PartDelta {
  readonly partId: string;
  readonly delta: string;
  readonly offset?: number | undefined;
  readonly kind?: TextLike["type"] | undefined;
}

/** `undefined`: the delta can't be placed (unknown part, finished part, or one whose beginning was missed). */
export function appendDelta(
  state: MessageState,
  { partId, delta, offset, kind }: PartDelta,
): TextGrowth | undefined {
  if (delta === "") return undefined;
  let known = state.parts.get(partId);
  if (known === undefined && state.info.completedAt === undefined) {
    // Who says of what kind it is, and that this is its beginning, need not tell the part. Of another one the beginning
    // was missed: it has its place, and the rest has to be told or read.
    const synced = kind !== undefined && !offset;
    const part: Part = { type: kind ?? "text", id: partId, text: "" };
    known = { part, text: "", complete: false, synced, told: synced };
    state.parts.set(partId, known);
  }
  if (!known?.told || !isText(known.part)) return undefined;
  // An offset says exactly where it belongs; without one only the order does.
  if (offset === undefined && (known.complete || !known.synced)) return undefined;
  const at = known.text.length;
  if (offset !== undefined && offset > at) {
    known.synced = false;
    return undefined;
  }
  // A frame that comes twice (or overlaps) adds only what is new.
  const news = offset === undefined ? delta : delta.slice(at - offset);
  if (news === "") return undefined;
  known.text += news;
  state.shown = undefined;
  return { kind: known.part.type, offset: at, delta: news };
}

/**
 * The whole text of a message, by an engine that does not say in which parts it stands: what is new of it goes to the
 * last text part. Returns that part's id and what became of it.
 */
export function putWholeText(state: MessageState, text: string): { partId: string; change: PartChange } {
  const texts = [...state.parts.values()].filter(({ part }) => part.type === "text");
  const last = texts.at(-1);
  const partId = last?.part.id ?? `${state.info.id}.text`;
  const before = texts
    .slice(0, -1)
    .map((known) => known.text)
    .join("");
  const isRewritten = !text.startsWith(before);
  // Nothing says where the pieces end now: they are one.
  if (isRewritten) for (const { part } of texts) if (part.id !== partId) state.parts.delete(part.id);
  const rest = isRewritten ? text : text.slice(before.length);
  if (last === undefined && rest === "") return { partId, change: undefined };
  const change = putPart(state, { part: { type: "text", id: partId, text: rest }, complete: true }, "live");
  return { partId, change };
}

/** Puts the parts in the order of the whole list: one that a gap has swallowed was seen after those that follow it. */
export function orderParts(state: MessageState, told: readonly DriverPart[]): void {
  const ids = told.map(({ part }) => part.id);
  const listed = new Set(ids);
  const order = [...ids, ...[...state.parts.keys()].filter((id) => !listed.has(id))];
  if ([...state.parts.keys()].every((id, index) => id === order[index])) return;
  for (const id of order) {
    const known = state.parts.get(id);
    if (known === undefined) continue;
    state.parts.delete(id);
    state.parts.set(id, known);
  }
  state.shown = undefined;
}

function putText(
  state: MessageState,
  known: PartState | undefined,
  part: TextLike,
  complete: boolean,
  live: boolean,
): PartChange {
  if (!known?.told || known.part.type !== part.type) {
    state.parts.set(part.id, { part, text: part.text, complete, synced: complete || live, told: true });
    // Told also while it is empty: the parts stand in the order in which they were first seen.
    if (part.text === "" || known !== undefined) return { type: "replaced" };
    return { type: "grown", growth: { kind: part.type, offset: 0, delta: part.text } };
  }
  known.part = part;
  if (!complete) {
    if (known.complete) return undefined;
    // Older releases tell growth by repeating the part; a shorter text is an old one, told late.
    if (part.text.length <= known.text.length) {
      if (live && part.text === known.text) known.synced = true;
      return undefined;
    }
    known.synced = live;
  } else {
    known.complete = true;
    known.synced = true;
  }
  const before = known.text;
  known.text = part.text;
  if (part.text === before) return undefined;
  if (!part.text.startsWith(before)) return { type: "replaced" };
  return {
    type: "grown",
    growth: { kind: part.type, offset: before.length, delta: part.text.slice(before.length) },
  };
}

function putOther(
  state: MessageState,
  known: PartState | undefined,
  part: Exclude<Part, TextLike>,
): PartChange {
  if (part.type !== "tool") {
    if (known?.told) return undefined;
    state.parts.set(part.id, { part, text: "", complete: true, synced: true, told: true });
    return { type: "replaced" };
  }
  let { toolCall } = part;
  if (known?.part.type === "tool") {
    const before = known.part.toolCall;
    // Of which server it is, not everybody who tells of it knows.
    if (before.mcp !== undefined && before.name === toolCall.name)
      toolCall = { ...toolCall, mcp: before.mcp };
    const { ok } = toolCallMachine.tryTransition(before.status, `tool_${toolCall.status}`);
    if (!ok || sameToolCall(before, toolCall)) return undefined;
  }
  const shown = toolCall === part.toolCall ? part : { ...part, toolCall };
  state.parts.set(part.id, { part: shown, text: "", complete: true, synced: true, told: true });
  if (known !== undefined && known.part.type !== "tool") return { type: "replaced" };
  return { type: "tool", toolCall };
}

/** By content: engines repeat how a call stands. */
function sameToolCall(a: ToolCall, b: ToolCall): boolean {
  return a.output === b.output && JSON.stringify(a) === JSON.stringify(b);
}
