import { EngineError } from "../../src/engine/errors.ts";

/** What a promise rejects with; it must. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Resolved with ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

/** As {@link rejection}, and it must be the package's own error. */
export async function failure(promise: Promise<unknown>): Promise<EngineError> {
  const error = await rejection(promise);
  if (!EngineError.is(error)) throw new Error("Not an EngineError", { cause: error });
  return error;
}
