import { basename } from "node:path";
import type { DriverPart } from "../../engine/driver-events.ts";
import type { ToolCall } from "../../engine/message.ts";
import { parseJson, parseObject } from "./rows.ts";

/** A piece of a message of the first OpenCode. */
export interface LegacyPart {
  readonly type: string;
  /** Its keys in small letters: releases differ in that. */
  readonly data: Readonly<Record<string, unknown>>;
}

export interface ToolOutcome {
  readonly output: string;
  readonly isError: boolean;
}

/** @throws SyntaxError or TypeError for what is no list of parts */
export function readLegacyParts(column: unknown): readonly LegacyPart[] {
  const list: unknown = parseJson(column);
  if (!Array.isArray(list)) throw new TypeError("its parts are no list.");
  return list.map((part: unknown) => {
    const { type, data } = inSmallLetters(part);
    return { type: String(type), data: inSmallLetters(data) };
  });
}

/** `undefined` for what is no content of its own. */
export function decodeLegacyPart(
  { type, data }: LegacyPart,
  id: string,
  outcomes: ReadonlyMap<string, ToolOutcome>,
): DriverPart | undefined {
  const text = (key: string): string => (typeof data[key] === "string" ? data[key] : "");
  switch (type) {
    case "text":
      return { part: { type, id, text: text("text") }, complete: true };
    case "reasoning":
      return { part: { type, id, text: text("thinking") }, complete: true };
    case "image_url":
      return { part: { type: "image", id, url: text("url") }, complete: true };
    case "binary": {
      const mimeType = text("mimetype");
      const kind = mimeType.startsWith("image/") ? "image" : "file";
      const url = `data:${mimeType};base64,${text("data")}`;
      const name = basename(text("path"));
      const details = { ...(mimeType ? { mimeType } : {}), ...(name ? { name } : {}) };
      return { part: { type: kind, id, url, ...details }, complete: true };
    }
    case "tool_call": {
      const toolCall = decodeToolCall(text("id") || id, data, outcomes.get(text("id")));
      return { part: { type: "tool", id, toolCall }, complete: true };
    }
    default:
      return undefined;
  }
}

function decodeToolCall(
  id: string,
  { name, input, finished }: LegacyPart["data"],
  outcome: ToolOutcome | undefined,
): ToolCall {
  const call = { id, name: String(name ?? ""), input: readInput(input) };
  if (outcome === undefined) return { ...call, status: finished === true ? "running" : "pending" };
  const { output, isError } = outcome;
  return isError ? { ...call, status: "error", error: output } : { ...call, status: "success", output };
}

/** The model's own JSON: it may have been cut off. */
function readInput(input: unknown): ToolCall["input"] {
  try {
    return { ...parseObject(input) };
  } catch {
    return {};
  }
}

function inSmallLetters(value: unknown): Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key.toLowerCase(), inner]));
}
