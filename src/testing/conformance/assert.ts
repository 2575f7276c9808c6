import { EngineError, type EngineErrorCode } from "../../engine/errors.ts";

// The least that a suite needs, so that it runs under any test runner, in browsers too.

/** @throws Error with `actual` and `expected`, which test runners show side by side */
export function equal(actual: unknown, expected: unknown, what: string): void {
  if (isSame(actual, expected)) return;
  const message = `${what}: expected ${print(expected)}, got ${print(actual)}`;
  throw Object.assign(new Error(message), { actual, expected });
}

export function ok(value: unknown, what: string): asserts value {
  if (!value) throw new Error(what);
}

/** The error that the work rejects with, which must have this code. */
export async function fails(
  work: Promise<unknown>,
  code: EngineErrorCode,
  what: string,
): Promise<EngineError> {
  const error = await rejection(work, what);
  ok(EngineError.is(error), `${what} must fail with an EngineError ${code}, not with ${print(error)}`);
  equal(error.code, code, `The code of ${what}`);
  return error;
}

/** What the work rejects with. */
export async function rejection(work: Promise<unknown>, what: string): Promise<unknown> {
  const outcome = await work.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("error" in outcome) return outcome.error;
  throw new Error(`${what} must fail, but resolved with ${print(outcome.value)}`);
}

/** By content; `undefined` and absent are the same. */
function isSame(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = new Set([...Object.keys(a), ...Object.keys(b)]);
  return [...keys].every((key) => isSame(Reflect.get(a, key), Reflect.get(b, key)));
}

export function print(value: unknown): string {
  if (value instanceof Error) return String(value);
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 500 ? `${text.slice(0, 500)}...` : text;
}
