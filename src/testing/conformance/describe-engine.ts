import type { EngineDriver } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { ManagedEngineClient } from "../../engine/managed-engine-client.ts";
import type { EngineBrain } from "./brain.ts";
import type { Rule, RuleNumber } from "./rule.ts";
import { rules } from "./rules.ts";
import { findRunner, type TestRunner } from "./runner.ts";
import { CLEANING_MS, type EngineSource, onStage } from "./stage.ts";

/** Rules that an engine can't keep. */
export interface ConformanceSkip {
  /** What the engine lacks, for the reader of the results. */
  readonly reason: string;
  /** By their numbers, as `docs/conformance.md` has them. Each must fail: one that holds needs no skip. */
  readonly tests: readonly RuleNumber[];
}

interface ConformanceOptions {
  /** Prompts that make the engine do what the rules look at. */
  readonly brain: EngineBrain;
  /** Default: none. */
  readonly skip?: readonly ConformanceSkip[] | undefined;
  /** `{ describe, it }` of vitest, `node:test`, `bun:test` and the like. Default: the global ones. */
  readonly runner?: TestRunner | undefined;
  /** Milliseconds for one rule. Default: 15000. */
  readonly timeout?: number | undefined;
}

/** The engine as a driver: every rule can be tried. */
export interface DriverConformanceOptions extends ConformanceOptions {
  /** Called several times in a test: all drivers speak with the same engine. */
  createDriver(): EngineDriver | Promise<EngineDriver>;
  readonly createClient?: undefined;
}

/** The engine as a client: the rules that break the wire are left out, and say so. */
export interface ClientConformanceOptions extends ConformanceOptions {
  /** Called several times in a test: all clients speak with the same engine. */
  createClient(): ManagedEngineClient | Promise<ManagedEngineClient>;
  readonly createDriver?: undefined;
}

export type DescribeEngineOptions = DriverConformanceOptions | ClientConformanceOptions;

/**
 * The conformance suite: tests for an engine, one for each rule of `docs/conformance.md`. What it needs of the engine is
 * that prompts can make it do named things (`brain`); broken wires and the like it makes itself.
 *
 * @throws EngineError `INVALID_REQUEST` for a skip without a reason or of a rule that there is not; without a runner;
 *   without an engine, or with two
 *
 * @example
 * ```ts
 * import { describe, it } from "node:test";
 *
 * describeEngine("acme", {
 *   runner: { describe, it },
 *   createDriver: () => acmeDriver({ baseUrl }),
 *   brain: { say: (text) => `say ${text}`, fail: () => "fail" },
 *   skip: [{ reason: "Acme has no tools.", tests: ["R16", "R23"] }],
 * });
 * ```
 */
export function describeEngine(name: string, options: DescribeEngineOptions): void {
  registerRules(name, { ...options, rules });
}

/** As `describeEngine`, for its own tests: other rules, other clients. */
export interface RegisterOptions extends EngineSource, Omit<ConformanceOptions, "brain"> {
  readonly rules: readonly Rule[];
}

export function registerRules(name: string, options: RegisterOptions): void {
  const { skip = [], timeout = 15_000, createDriver, createClient } = options;
  if ((createDriver === undefined) === (createClient === undefined)) {
    const message = `describeEngine(${JSON.stringify(name)}) takes either createDriver or createClient.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  const { describe, it } = findRunner(options.runner);
  const reasons = reasonsOf(skip, options.rules);
  describe(`${name} conforms`, () => {
    for (const rule of options.rules) {
      const title = `${rule.number} ${rule.says}`;
      const deadline = timeout + (rule.takes ?? 0);
      const reason = reasons.get(rule.number);
      const check = () => onStage(options, deadline, (stage) => rule.check(stage));
      if (createDriver === undefined && rule.needsDriver) {
        it.skip(`${title} (left out: it needs createDriver, a client hides the wire)`, () => {});
      } else if (reason === undefined) {
        it(title, check, deadline + CLEANING_MS + 1_000);
      } else {
        it(
          `${title} (skipped: ${reason})`,
          () => mustFail(rule, reason, check),
          deadline + CLEANING_MS + 1_000,
        );
      }
    }
  });
}

async function mustFail({ number }: Rule, reason: string, check: () => Promise<void>): Promise<void> {
  const holds = await check().then(
    () => true,
    () => false,
  );
  if (holds) throw new Error(`${number} is skipped ("${reason}"), but it holds: take it out of \`skip\`.`);
}

function reasonsOf(skip: readonly ConformanceSkip[], known: readonly Rule[]): ReadonlyMap<string, string> {
  const reasons = new Map<string, string>();
  const refuse = (message: string): never => {
    throw new EngineError("INVALID_REQUEST", message);
  };
  for (const { reason, tests } of skip) {
    if (reason.trim() === "")
      refuse(`The skip of ${tests.join(", ")} needs a reason: what the engine lacks.`);
    for (const number of tests) {
      if (!known.some((rule) => rule.number === number)) {
        const range = `${known[0]?.number} to ${known.at(-1)?.number}`;
        refuse(`There is no rule ${number} to skip: docs/conformance.md has ${range}.`);
      }
      if (reasons.has(number)) refuse(`The rule ${number} is skipped twice: give it one reason.`);
      reasons.set(number, reason);
    }
  }
  return reasons;
}
