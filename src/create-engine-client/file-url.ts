import { EngineError } from "../engine/errors.ts";
import type { LineRange } from "../engine/prompt-content.ts";

const WINDOWS = /^(?:[a-z]:[\\/]|\\\\)/i;

/**
 * The address of a file on the engine's disk, whatever system that is: this client may run on another one.
 * @throws EngineError `INVALID_REQUEST` for a relative path where nobody knows to what
 */
export function toFileUrl(path: string, workingDirectory: string | undefined): string {
  if (path.startsWith("/") || WINDOWS.test(path)) return absolute(path);
  if (workingDirectory !== undefined) {
    return absolute(`${workingDirectory.replace(/[\\/]$/, "")}/${path}`);
  }
  const message = `The path ${JSON.stringify(path)} is relative, and the session has no working directory. Give an absolute one.`;
  throw new EngineError("INVALID_REQUEST", message);
}

function absolute(path: string): string {
  const slashed = WINDOWS.test(path) ? path.replaceAll("\\", "/") : path;
  // What has a meaning in addresses, or is dropped from them as white space. Of other characters `URL` takes care.
  const escaped = slashed.replaceAll(/[%?#\\\s\p{Cc}]/gu, encodeURIComponent);
  if (escaped.startsWith("//") && WINDOWS.test(path)) return new URL(`file:${escaped}`).href;
  return new URL(`file://${escaped.startsWith("/") ? "" : "/"}${escaped}`).href;
}

/** @throws EngineError `INVALID_REQUEST` for what is no range of lines */
export function withLines(url: string, [first, last]: LineRange): string {
  const isRange =
    Number.isSafeInteger(first) &&
    first >= 1 &&
    (last === undefined || (Number.isSafeInteger(last) && last >= first));
  if (!isRange) {
    const given = `[${[first, last].filter((line) => line !== undefined).join(", ")}]`;
    const message = `The lines ${given} are none: give the first, counted from 1, and the last, not before it.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  const address = new URL(url);
  address.searchParams.set("start", String(first));
  if (last !== undefined) address.searchParams.set("end", String(last));
  return address.href;
}
