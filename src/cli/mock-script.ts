import type { PromptRequest } from "../engine/driver-requests.ts";
import type { MockScript } from "../testing/mock-engine.ts";
import type { MockStep } from "../testing/mock-steps.ts";

type Answer = (rest: string, request: PromptRequest) => readonly MockStep[];

/** What the first word of a prompt makes the mock do. Always the same for the same prompt. */
const ANSWERS: Readonly<Record<string, { readonly says: string; readonly answer: Answer }>> = {
  help: { says: "lists these words", answer: () => [{ text: overview() }] },
  think: {
    says: "thinks before it answers",
    answer: (rest) => [{ reasoning: `They say: ${rest}` }, { text: "I have thought about it." }],
  },
  run: {
    says: "asks for permission, and pretends to run the rest as a command",
    answer: (command) => [
      {
        tool: "bash",
        input: { command },
        output: `(pretended) ${command}\n`,
        ask: { description: `Run \`${command}\``, patterns: [command] },
      },
      { text: "That was the command." },
    ],
  },
  read: {
    says: "pretends to read the rest as a file, without asking",
    answer: (path) => [
      { tool: "read", input: { filePath: path }, output: `(pretended) ${path}\n` },
      { text: "That was the file." },
    ],
  },
  wait: {
    says: "says something, and works until it is aborted",
    answer: () => [{ text: "I am at work until you abort me." }, { wait: new Promise(() => {}) }],
  },
  fail: {
    says: "fails with the rest as its code, or PROVIDER_ERROR",
    answer: (code) => [{ error: { code: code || "PROVIDER_ERROR", message: "You told me to fail." } }],
  },
};

/** The brain of `engine-client mock`: it echoes, and does something else for a few first words. */
export const mockScript: MockScript = (request) => {
  const text = textIn(request.content);
  const [, word = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(text) ?? [];
  const known = Object.hasOwn(ANSWERS, word.toLowerCase()) ? ANSWERS[word.toLowerCase()] : undefined;
  return known?.answer(rest.trim(), request) ?? [{ text: `You said: ${text}` }];
};

/** One line for each word, for people. */
export function overview(indent = ""): string {
  return Object.entries(ANSWERS)
    .map(([word, { says }]) => `${indent}${word.padEnd(8)}${says}`)
    .join("\n");
}

function textIn(content: PromptRequest["content"]): string {
  if (typeof content === "string") return content;
  return content.flatMap((part) => (part.type === "text" ? (part.text ?? "") : [])).join("");
}
