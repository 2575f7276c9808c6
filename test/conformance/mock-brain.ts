import type { DriverContent } from "../../src/engine/message.ts";
import type { EngineBrain } from "../../src/testing/conformance/brain.ts";
import type { MockScript } from "../../src/testing/mock-engine.ts";
import type { MockStep } from "../../src/testing/mock-steps.ts";

/** A prompt says in its first word what is to be done, and then with which text. */
export const mockBrain: Required<EngineBrain> = {
  say: (text) => `say ${text}`,
  wait: (text) => `wait ${text}`,
  useTools: (text) => `tools ${text}`,
  hangInTool: () => "hang",
  askPermission: (text) => `ask ${text}`,
  fail: () => "fail",
};

/** The script of a mock engine that understands {@link mockBrain}. */
export const mockScript: MockScript = ({ content }) => stepsOf(textOf(content));

function* stepsOf(prompt: string): Generator<MockStep> {
  const [, act, text = ""] = /^(\w+) ?(.*)$/s.exec(prompt) ?? [];
  if (act === "tools") {
    yield { tool: "read", input: { path: "a" }, output: "A" };
    yield { tool: "read", input: { path: "b" }, output: "B" };
  }
  if (act === "hang") yield { tool: "bash", input: { command: "sleep" }, wait: never };
  if (act === "ask") {
    const ask = { description: "Run `echo`", patterns: ["echo"] };
    yield { tool: "bash", input: { command: "echo" }, output: "", ask };
  }
  if (act === "fail") yield { error: { code: "PROVIDER_ERROR", message: "The provider is down." } };
  if (text !== "") yield { text };
  if (act === "wait") yield { wait: never };
}

const never = new Promise(() => {});

function textOf(content: DriverContent): string {
  return typeof content === "string" ? content : content.map(({ text = "" }) => text).join("");
}
