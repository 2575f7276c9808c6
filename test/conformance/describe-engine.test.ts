import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import {
  type ConformanceSkip,
  type DescribeEngineOptions,
  describeEngine,
} from "../../src/testing/conformance/describe-engine.ts";
import { rules } from "../../src/testing/conformance/rules.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { Collector } from "./collect.ts";
import { mockBrain, mockScript } from "./mock-brain.ts";

const engine = () => createMockEngine(mockScript);

function collect(options: Partial<DescribeEngineOptions> = {}): Collector {
  const runner = new Collector();
  const made = engine();
  const given = { createDriver: () => made, brain: mockBrain, runner, ...options };
  // Options of one kind are made of those of the other here.
  describeEngine("acme", given as DescribeEngineOptions);
  return runner;
}

const run = (runner: Collector, number: string) =>
  runner.tests.find(({ name }) => name.startsWith(`${number} `))?.body();

describe("describeEngine", () => {
  it("has one test for each rule, named by its number and what it says", () => {
    const { suites, tests, skipped } = collect();
    expect(suites).toEqual(["acme conforms"]);
    expect(tests.map(({ name }) => name)).toEqual(rules.map(({ number, says }) => `${number} ${says}`));
    expect(skipped).toEqual([]);
    const numbers = rules.map((_, index) => `R${String(index + 1).padStart(2, "0")}`);
    expect(rules.map(({ number }) => number)).toEqual(numbers);
  });

  it("runs a rule that is skipped, which has to fail, and says why it is skipped", async () => {
    const { wait: _, ...brain } = mockBrain;
    const skip: ConformanceSkip[] = [{ reason: "Acme never waits.", tests: ["R21"] }];
    const runner = collect({ brain, skip });
    expect(runner.tests[20]?.name).toMatch(/^R21 .+ \(skipped: Acme never waits\.\)$/);
    await run(runner, "R21");
  });

  it("fails for a skip that is no longer needed", async () => {
    const runner = collect({ skip: [{ reason: "Acme has no sessions.", tests: ["R01"] }] });
    const why = 'R01 is skipped ("Acme has no sessions."), but it holds: take it out of `skip`.';
    await expect(run(runner, "R01")).rejects.toThrow(why);
  });

  it.each([
    [
      [{ reason: "Why?", tests: ["R99"] }],
      "There is no rule R99 to skip: docs/conformance.md has R01 to R45.",
    ],
    [[{ reason: " ", tests: ["R01"] }], "The skip of R01 needs a reason: what the engine lacks."],
    [[{ reason: "Why?", tests: ["R01", "R01"] }], "The rule R01 is skipped twice: give it one reason."],
  ] as const)("refuses the skips %j", (skip, message) => {
    expect(() => collect({ skip })).toThrow(expect.objectContaining({ code: "INVALID_REQUEST", message }));
  });

  it.each([
    ["neither", { createDriver: undefined }],
    ["both", { createClient: () => createEngineClient(engine()) }],
  ])("takes one kind of engine, not %s", (_, options) => {
    const message = 'describeEngine("acme") takes either createDriver or createClient.';
    // Code without types can pass it.
    const refused = () => collect(options as Partial<DescribeEngineOptions>);
    expect(refused).toThrow(expect.objectContaining({ code: "INVALID_REQUEST", message }));
  });

  it("says what the brain lacks", async () => {
    const { say } = mockBrain;
    const runner = collect({ brain: { say } });
    const lacking =
      "The brain has no useTools(): give it one, or skip this rule and say why the engine can't.";
    await expect(run(runner, "R16")).rejects.toThrow(lacking);
    await run(runner, "R08");
  });

  it("says what went over the wire last when a rule fails", async () => {
    const runner = collect({ brain: { ...mockBrain, say: (text) => `say not ${text}` } });
    await expect(run(runner, "R08")).rejects.toThrow(
      /^The text of the turn: expected "One two.+, got "not One two.+\n.*over the wire last:\n.*part_delta x9.*idle$/s,
    );
  });

  it("fails a rule that hangs, after its time, and leaves nothing open", async () => {
    const made = engine();
    const brain = { ...mockBrain, say: () => mockBrain.wait("") };
    const runner = collect({ brain, createDriver: () => made, timeout: 50 });
    await expect(run(runner, "R02")).rejects.toThrow("It was not over after 50 ms.");
    expect(made.listeners).toBe(0);
    // What ran was stopped.
    expect(made.calls.filter((call) => call.startsWith("abort"))).toHaveLength(1);
  });

  it("leaves out what needs a driver when it is given a client, and says so", async () => {
    const made = engine();
    const runner = collect({ createDriver: undefined, createClient: () => createEngineClient(made) });
    const needing = rules.filter(({ needsDriver }) => needsDriver);
    expect(needing.length).toBeGreaterThan(5);
    expect(runner.skipped).toEqual(
      needing.map(
        ({ number, says }) => `${number} ${says} (left out: it needs createDriver, a client hides the wire)`,
      ),
    );
    expect(runner.tests.length + runner.skipped.length).toBe(rules.length);
    for (const { body } of runner.tests) await body();
    expect(made.listeners).toBe(0);
  });

  it("takes the global runner, or says that there is none", () => {
    const options = { createDriver: engine, brain: mockBrain };
    const message = expect.stringContaining("pass those of your runner");
    expect(() => describeEngine("acme", options)).toThrow(
      expect.objectContaining({ code: "INVALID_REQUEST", message }),
    );
    const runner = new Collector();
    vi.stubGlobal("describe", runner.describe);
    vi.stubGlobal("it", runner.it);
    onTestFinished(() => void vi.unstubAllGlobals());
    describeEngine("acme", options);
    expect(runner.tests).toHaveLength(rules.length);
  });
});
