import { EngineError } from "../../engine/errors.ts";

/** What the suite needs of a test runner: the least that all of them have. */
export interface TestRunner {
  describe(name: string, body: () => void): unknown;
  readonly it: {
    /** `timeout`: milliseconds; of runners that take none here it is ignored. */
    (name: string, body: () => Promise<void>, timeout?: number): unknown;
    skip(name: string, body: () => void): unknown;
  };
}

/** @throws EngineError `INVALID_REQUEST` when there is none */
export function findRunner(given: TestRunner | undefined): TestRunner {
  if (given !== undefined) return given;
  const globals: object = globalThis;
  if (isRunner(globals)) return globals;
  const message =
    "There is no global describe() and it(): pass those of your runner, describeEngine(name, { runner: { describe, it } }).";
  throw new EngineError("INVALID_REQUEST", message);
}

function isRunner(value: object): value is TestRunner {
  return ["describe", "it"].every((name) => typeof Reflect.get(value, name) === "function");
}
