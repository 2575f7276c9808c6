import type { WireFileDiff } from "./schema/diff.ts";
import type { WireMessage, WireMessageInfo, WirePart } from "./schema/message.ts";
import type { WireSession } from "./schema/session.ts";

/*
 * The schemas of what comes by the thousand, written by hand: checking a message by its schema costs more than reading
 * it. Each of these takes nothing that its schema refuses, and what it takes is decoded to the same; a property test
 * holds both against each other.
 */

type Fields = Readonly<Record<string, unknown>>;

export function isSession(value: unknown): value is WireSession {
  if (!isFields(value)) return false;
  const { id, title, directory, parentID, model, time, metadata, revert } = value;
  return (
    typeof id === "string" &&
    typeof title === "string" &&
    isMaybeString(directory) &&
    isMaybeString(parentID) &&
    (model == null || isModel(model)) &&
    isFields(time) &&
    isNumber(time.created) &&
    isNumber(time.updated) &&
    isMaybeNumber(time.archived) &&
    (metadata == null || isPlainRecord(metadata)) &&
    // It is seldom there; its schema tells about it.
    revert == null
  );
}

export function isMessage(value: unknown): value is WireMessage {
  return (
    isFields(value) && isMessageInfo(value.info) && Array.isArray(value.parts) && value.parts.every(isPart)
  );
}

export function isMessageInfo(value: unknown): value is WireMessageInfo {
  if (!isFields(value)) return false;
  const { id, sessionID, role, time, parentID, model, providerID, modelID } = value;
  const { tokens, cost, finish, error } = value;
  return (
    typeof id === "string" &&
    typeof sessionID === "string" &&
    typeof role === "string" &&
    isFields(time) &&
    isNumber(time.created) &&
    isMaybeNumber(time.completed) &&
    isMaybeString(parentID) &&
    (model == null || isModel(model)) &&
    isMaybeString(providerID) &&
    isMaybeString(modelID) &&
    (tokens == null || isTokens(tokens)) &&
    isMaybeNumber(cost) &&
    isMaybeString(finish) &&
    // Errors are seldom; their schema tells about them.
    error == null
  );
}

/** What `message.updated` says. */
export function isMessageEvent(value: unknown): value is { info: WireMessageInfo } {
  return isFields(value) && isMessageInfo(value.info);
}

/** What `message.part.updated` says. */
export function isPartEvent(value: unknown): value is { part: WirePart } {
  return isFields(value) && isPart(value.part);
}

export function isPart(value: unknown): value is WirePart {
  if (!isFields(value)) return false;
  const { id, sessionID, messageID, type, text, synthetic, auto, metadata, time } = value;
  const { mime, url, filename, tool, callID, state } = value;
  return (
    typeof id === "string" &&
    typeof sessionID === "string" &&
    typeof messageID === "string" &&
    typeof type === "string" &&
    (text === undefined || typeof text === "string") &&
    (synthetic === undefined || typeof synthetic === "boolean") &&
    (auto == null || typeof auto === "boolean") &&
    (metadata == null || isFields(metadata)) &&
    isMaybeTime(time) &&
    isMaybeString(mime) &&
    isMaybeString(url) &&
    isMaybeString(filename) &&
    (tool === undefined || typeof tool === "string") &&
    (callID === undefined || typeof callID === "string") &&
    (state === undefined || isToolState(state))
  );
}

export function isFileDiff(value: unknown): value is WireFileDiff {
  if (!isFields(value)) return false;
  const { file, patch, additions, deletions, status } = value;
  return (
    typeof file === "string" &&
    (patch === undefined || typeof patch === "string") &&
    (additions === undefined || isNumber(additions)) &&
    (deletions === undefined || isNumber(deletions)) &&
    (status === undefined || typeof status === "string")
  );
}

function isToolState(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { status, input, output, error, title, time, metadata, attachments } = value;
  return (
    (status === "completed" || status === "error" || status === "running" || status === "pending") &&
    (input == null || isPlainRecord(input)) &&
    isMaybeString(output) &&
    isMaybeString(error) &&
    isMaybeString(title) &&
    isMaybeTime(time) &&
    (metadata == null || isFields(metadata)) &&
    (attachments == null || (Array.isArray(attachments) && attachments.every(isAttachment)))
  );
}

function isAttachment(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { mime, url, filename } = value;
  return isMaybeString(mime) && isMaybeString(url) && isMaybeString(filename);
}

function isModel(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { providerID, id, modelID } = value;
  return (
    typeof providerID === "string" &&
    (id === undefined || typeof id === "string") &&
    (modelID === undefined || typeof modelID === "string")
  );
}

function isTokens(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { input, output, reasoning, cache } = value;
  return (
    isNumber(input) &&
    isNumber(output) &&
    (reasoning === undefined || isNumber(reasoning)) &&
    (cache === undefined || isCache(cache))
  );
}

function isCache(value: unknown): boolean {
  if (!isFields(value)) return false;
  const { read, write } = value;
  return (read === undefined || isNumber(read)) && (write === undefined || isNumber(write));
}

/** As JSON makes it. A key that JavaScript takes for more than a name is left to the schema, which drops it. */
function isPlainRecord(value: unknown): boolean {
  return (
    isFields(value) &&
    Object.getPrototypeOf(value) === Object.prototype &&
    !Object.hasOwn(value, "__proto__") &&
    !Object.hasOwn(value, "constructor")
  );
}

function isMaybeTime(value: unknown): boolean {
  return value == null || (isFields(value) && isMaybeNumber(value.start) && isMaybeNumber(value.end));
}

function isMaybeString(value: unknown): boolean {
  return value == null || typeof value === "string";
}

function isMaybeNumber(value: unknown): boolean {
  return value == null || isNumber(value);
}

// JSON can say a number that is too large to be one.
function isNumber(value: unknown): boolean {
  return typeof value === "number" && Number.isFinite(value);
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
