import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { EngineError, reasonOf } from "../../engine/errors.ts";
import { type WireEntry, wireEntrySchema, wireHeaderSchema } from "./schema.ts";

const HEADER = { wire: 1 } as const;

export function pathOf(file: string | URL): string {
  return file instanceof URL ? fileURLToPath(file) : file;
}

/** One JSON object a line; the first one says what it is. Folders are made. */
export function writeWireFile(path: string, entries: readonly WireEntry[]): void {
  const lines = [HEADER, ...entries].map((entry) => `${JSON.stringify(entry)}\n`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, lines.join(""));
}

/** @throws EngineError `INVALID_REQUEST` when it can't be read, or is no recording */
export function readWireFile(path: string): readonly WireEntry[] {
  const [first = "", ...lines] = readLines(path);
  if (!wireHeaderSchema.safeParse(parse(first)).success) {
    throw invalid(`${path} is no recording that this release can read: its first line is not {"wire":1}.`);
  }
  return lines.flatMap((line, index) => {
    if (line.trim() === "") return [];
    const { data, error } = wireEntrySchema.safeParse(parse(line));
    if (data !== undefined) return [data];
    const [issue] = error.issues;
    const what = `${issue?.path.join(".") || "the whole"}: ${issue?.message}`;
    throw invalid(`${path}:${index + 2} is not an entry of a recording (${what}). Record it again.`);
  });
}

function readLines(path: string): readonly string[] {
  try {
    return readFileSync(path, "utf8").split("\n");
  } catch (cause) {
    throw invalid(
      `The recording ${path} can't be read: ${reasonOf(cause)}. Record it with recordWire().`,
      cause,
    );
  }
}

/** `undefined`: it is no JSON, which fits no schema. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function invalid(message: string, cause?: unknown): EngineError {
  return new EngineError("INVALID_REQUEST", message, { cause });
}
