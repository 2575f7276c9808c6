import pMap from "p-map";
import { beforeAll, describe, expect, it } from "vitest";
import { registerRules } from "../../src/testing/conformance/describe-engine.ts";
import type { RuleNumber } from "../../src/testing/conformance/rule.ts";
import { rules } from "../../src/testing/conformance/rules.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { Collector } from "./collect.ts";
import { mockBrain, mockScript } from "./mock-brain.ts";
import type { Breaking } from "./mutants/break.ts";
import { mutants } from "./mutants/table.ts";

/** Milliseconds for one rule: here nothing takes long but what hangs. */
const TIMEOUT_MS = 8_000;

/** Each rule has an engine of its own, so that all can be tried at once. */
async function failing(breaking: Breaking): Promise<Readonly<Record<string, string>>> {
  const failures: Record<string, string> = {};
  const tried = rules.map(async (rule) => {
    const runner = new Collector();
    const source = breaking(createMockEngine(mockScript));
    registerRules("mutant", { ...source, runner, brain: mockBrain, rules: [rule], timeout: TIMEOUT_MS });
    expect(runner.tests).toHaveLength(1);
    await runner.tests[0]?.body().catch((error: unknown) => {
      failures[rule.number] = String(error);
    });
  });
  await Promise.all(tried);
  return failures;
}

describe("the conformance suite", () => {
  let failures: ReadonlyMap<string, Readonly<Record<string, string>>> = new Map();
  beforeAll(async () => {
    const tried = await pMap(
      Object.entries(mutants),
      async ([number, breaking]) => [number, await failing(breaking)] as const,
      { concurrency: 16 },
    );
    failures = new Map(tried);
  }, 240_000);

  it("has a broken engine for every rule", () => {
    expect(Object.keys(mutants)).toEqual(rules.map(({ number }) => number));
  });

  it.each(rules.map(({ number, says }) => ({ number, says })))(
    "finds by $number, and by no other rule, the engine that breaks it: $says",
    ({ number }: { number: RuleNumber }) => {
      const failed = failures.get(number) ?? {};
      expect(Object.keys(failed), JSON.stringify(failed, undefined, 2)).toEqual([number]);
    },
  );
});
