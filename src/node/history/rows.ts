import { EngineError, reasonOf } from "../../engine/errors.ts";
import type { Row } from "./reader.ts";
import { sqliteCode } from "./unreadable.ts";

/** One row that can't be understood must not take the others with it. What SQLite complains of is no matter of a row. */
export function readRow<T>(kind: string, id: unknown, read: () => T): Row<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (EngineError.is(error) || sqliteCode(error) !== undefined) throw error;
    return { ok: false, problem: `The row of ${kind} ${String(id)} can't be understood: ${why(error)}` };
  }
}

/** A schema lists all that is wrong; the first is enough. */
function why(error: unknown): string {
  if (!(error instanceof Error) || !("issues" in error) || !Array.isArray(error.issues))
    return reasonOf(error);
  const [issue] = error.issues;
  return `${issue?.path?.join(".") || "the whole"}: ${issue?.message ?? "invalid"}`;
}

/** @throws SyntaxError */
export function parseJson(column: unknown): unknown {
  return JSON.parse(String(column));
}

/** @throws TypeError for JSON that is no object */
export function parseObject(column: unknown): Record<string, unknown> {
  const value = parseJson(column);
  if (isObject(value)) return value;
  throw new TypeError("its data is no object.");
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
