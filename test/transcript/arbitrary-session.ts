import fc from "fast-check";
import type { FileDiff, Message, Part, ToolCall, Usage } from "../../src/engine/message.ts";
import type { Session } from "../../src/engine/session.ts";

/** Texts that try to be more than text. */
const nasty = fc.constantFrom(
  ...[
    "`",
    "```",
    "````\n",
    "~~~",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "\t",
    "    code",
    "> ",
    "# ",
    "## User",
    "- ",
    "1. ",
  ],
  ...[
    "---\n",
    "===",
    "<details>",
    "</details>\n\n",
    "</blockquote>",
    "<!--",
    "-->",
    "<script>",
    "<b",
    "< b",
    "&lt;",
  ],
  ...[
    "[a]: http://b\n",
    "[a](b)",
    "![a]",
    "\\",
    "\\`",
    "*",
    "**",
    "_",
    "|",
    "$$",
    "\u2028",
    "\0",
    "\ud83d",
    "é",
    "a b",
  ],
);
export const texts: fc.Arbitrary<string> = fc.oneof(
  { weight: 5, arbitrary: fc.array(nasty, { maxLength: 12 }).map((pieces) => pieces.join("")) },
  { weight: 1, arbitrary: fc.string({ unit: "binary" }) },
  { weight: 1, arbitrary: fc.stringMatching(/^`{0,12}[^`]{0,3}`{0,12}$/) },
);

const times = fc.oneof(fc.nat(), fc.constantFrom(-1, 1.5, 8.64e15, 9e15));
const optional = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const usages: fc.Arbitrary<Usage> = fc.record(
  {
    inputTokens: fc.nat(),
    outputTokens: fc.nat(),
    reasoningTokens: fc.nat(),
    cachedTokens: fc.nat(),
    costUsd: fc.nat(),
  },
  { requiredKeys: ["inputTokens", "outputTokens"] },
);

const diffs: fc.Arbitrary<FileDiff> = fc.record({
  path: texts,
  status: fc.constantFrom("added", "modified", "deleted"),
  additions: fc.nat(),
  deletions: fc.nat(),
  patch: texts,
});

const toolCalls: fc.Arbitrary<ToolCall> = fc.record(
  {
    id: texts,
    name: texts,
    input: fc.dictionary(texts, fc.oneof(texts, fc.nat(), fc.constant(null)), { noNullPrototype: true }),
    status: fc.constantFrom("pending", "running", "success", "error"),
    title: optional(texts),
    output: optional(texts),
    error: optional(texts),
    startedAt: fc.nat(),
    endedAt: fc.nat(),
    diff: fc.array(diffs, { maxLength: 2 }),
  },
  { requiredKeys: ["id", "name", "input", "status"] },
);

const parts: fc.Arbitrary<Part> = fc.oneof(
  fc.record({
    type: fc.constant("text" as const),
    id: texts,
    text: texts,
    synthetic: optional(fc.boolean()),
  }),
  fc.record({ type: fc.constant("reasoning" as const), id: texts, text: texts }),
  fc.record({ type: fc.constant("tool" as const), id: texts, toolCall: toolCalls }),
  fc.record({
    type: fc.constantFrom("image", "file"),
    id: texts,
    url: fc.oneof(texts, fc.constant("data:image/png;base64,AAAA")),
    mimeType: optional(texts),
    name: optional(texts),
  }),
);

export const messages: fc.Arbitrary<Message> = fc.record(
  {
    id: texts,
    sessionId: texts,
    role: fc.constantFrom("user", "assistant", "tool"),
    content: fc.record({ type: fc.constant("text" as const), text: texts }),
    createdAt: times,
    parts: fc.array(parts, { maxLength: 4 }),
    model: texts,
    usage: usages,
    error: fc.record({ code: texts, message: texts }),
    summary: fc.boolean(),
    complete: fc.boolean(),
  },
  { requiredKeys: ["id", "sessionId", "role", "content", "createdAt", "parts"] },
);

export const sessions: fc.Arbitrary<Session> = fc.record(
  {
    id: texts,
    title: texts,
    engineId: texts,
    createdAt: times,
    updatedAt: times,
    status: fc.constantFrom("idle", "running", "completed", "error"),
    model: texts,
    workingDirectory: texts,
  },
  { requiredKeys: ["id", "title", "engineId", "createdAt", "updatedAt", "status"] },
);
