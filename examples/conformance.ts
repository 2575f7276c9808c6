/**
 * The conformance suite on an engine, under Node's own test runner. The engine is one in memory here; put your driver in
 * its place, and say in `brain` what your engine has to be asked for.
 *
 *     node --conditions=@quantumreef/source --test examples/conformance.ts
 */
import { describe, it } from "node:test";
import { createMockEngine, describeEngine, type EngineBrain } from "@quantumreef/engine-client/testing";

const never = new Promise(() => {});

/** The first word of a prompt is what this engine does, the rest is what it says. */
const engine = createMockEngine(function* ({ content }) {
  const [, act, text = ""] = /^(\w+) ?(.*)$/s.exec(String(content)) ?? [];
  if (act === "fail") yield { error: { code: "PROVIDER_ERROR", message: "The provider is down." } };
  if (act === "ask") yield { tool: "bash", ask: { description: "Run `echo`", patterns: ["echo"] } };
  if (act === "look") yield* [{ tool: "read" }, { tool: "read" }];
  if (text !== "") yield { text };
  if (act === "wait") yield { wait: never };
});

const brain: EngineBrain = {
  say: (text) => `say ${text}`,
  wait: (text) => `wait ${text}`,
  useTools: (text) => `look ${text}`,
  askPermission: (text) => `ask ${text}`,
  fail: () => "fail",
};

describeEngine("the example engine", {
  runner: { describe, it },
  createDriver: () => engine,
  brain,
  skip: [{ reason: "Its tools are done at once.", tests: ["R23"] }],
});
