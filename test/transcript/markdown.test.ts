import fc from "fast-check";
import { expect, it } from "vitest";
import type { Message, Part, ToolCall } from "../../src/engine/message.ts";
import type { Session } from "../../src/engine/session.ts";
import { formatTranscript } from "../../src/transcript/format-transcript.ts";
import { messages as anyMessage, sessions as anySession, texts } from "./arbitrary-session.ts";
import { type Block, readMarkdown } from "./read-markdown.ts";

const write = (session: Session, messages: readonly Message[]) =>
  formatTranscript({ session, messages }, "markdown");

/** What Markdown makes of line ends, and of what it can't hold. */
const lines = (text: string) => text.replace(/\r\n?/g, "\n").replaceAll("\0", "\ufffd");
const words = (text: string) => lines(text).replace(/\s+/g, " ").trim();

type Expected = Partial<Pick<Block, "type" | "tag" | "text" | "language">>;
const heading = (tag: string, text: string): Expected => ({ type: "heading", tag, text });
const paragraph = (text?: string): Expected => ({
  type: "paragraph",
  ...(text === undefined ? {} : { text }),
});
const fence = (text: string, language = "text"): Expected => ({
  type: "fence",
  language,
  text: `${lines(text).replace(/\n$/, "")}\n`,
});
const fold = (text: string): Expected[] => [{ type: "html_block" }, fence(text), { type: "html_block" }];

function expectedOf(part: Part, role: Message["role"]): Expected[] {
  switch (part.type) {
    case "tool":
      return expectedOfTool(part.toolCall);
    case "image":
    case "file":
      return [paragraph()];
    case "reasoning":
      return part.text === "" ? [] : fold(part.text);
    case "text":
      if (part.text === "") return [];
      if (part.synthetic) return fold(part.text);
      if (role === "tool") return [fence(part.text)];
      return [/<[a-z/!?]/i.test(part.text) ? fence(part.text, "markdown") : { type: "blockquote" }];
  }
}

function expectedOfTool({ name, input, output, error, diff = [] }: ToolCall): Expected[] {
  return [
    heading("h3", words(`Tool: ${name}`)),
    paragraph(),
    ...(Object.keys(input).length === 0
      ? []
      : [paragraph("Input:"), fence(JSON.stringify(input, null, 2), "json")]),
    ...(output ? [paragraph("Output:"), fence(output)] : []),
    ...(error === undefined ? [] : [paragraph("Error:"), fence(error)]),
    ...diff.flatMap(({ patch }) => [paragraph(), fence(patch, "diff")]),
  ];
}

function expectedOfMessage({ role, summary, parts = [], error, complete }: Message): Expected[] {
  return [
    heading("h2", summary ? "Summary" : { user: "User", assistant: "Assistant", tool: "Tool" }[role]),
    paragraph(),
    ...parts.flatMap((part) => expectedOf(part, role)),
    ...(error ? [paragraph(words(`Error ${words(error.code) || "(empty)"}: ${error.message}`))] : []),
    ...(complete === false ? [paragraph("Incomplete: this is only what was seen of it.")] : []),
  ];
}

it("whatever is in a session, the blocks of its transcript are those of its messages, and its fences hold its texts", () => {
  fc.assert(
    fc.property(anySession, fc.array(anyMessage, { maxLength: 3 }), (session, messages) => {
      const blocks = readMarkdown(write(session, messages));
      const expected = [
        heading("h1", words(session.title) || "Untitled"),
        { type: "bullet_list" },
        ...messages.flatMap(expectedOfMessage),
      ];
      expect(blocks.map(({ type }) => type)).toEqual(expected.map(({ type }) => type));
      expect(blocks).toMatchObject(expected);
      const html = blocks.flatMap((block) => block.html.map((piece) => piece.trim()));
      const folds = blocks.filter(({ type }) => type === "html_block");
      // Markup is that of folded texts, and nowhere else.
      expect(html).toHaveLength(folds.length);
      for (const [index, piece] of html.entries())
        expect(piece).toMatch(
          index % 2 === 0
            ? /^<details>\n<summary>(Reasoning|Added by the engine)<\/summary>$/
            : /^<\/details>$/,
        );
    }),
    { numRuns: 500 },
  );
});

it("a text that has no markup is quoted, and is within its quote what it is by itself", () => {
  fc.assert(
    fc.property(
      // A tab reaches less far behind the mark of the quote than at the margin.
      texts.filter((text) => text !== "" && !/<[a-z/!?]|\t/i.test(text)),
      (text) => {
        const [, , , , quote, ...more] = readMarkdown(
          write(session, [{ ...answer, parts: [{ type: "text", id: "t", text }] }]),
        );
        expect(more).toEqual([]);
        const alone = readMarkdown(text);
        expect(quote?.text.trimEnd()).toBe(
          alone
            .map((block) => block.text)
            .join("")
            .trimEnd(),
        );
        expect(quote?.html).toEqual([]);
      },
    ),
  );
});

const session: Session = {
  id: "ses_1",
  title: "Add *validation* to <greet>",
  engineId: "opencode",
  createdAt: 0,
  updatedAt: 61_500,
  status: "completed",
  model: "acme/large",
  workingDirectory: "/home/ada/greet",
};
const answer: Message = {
  id: "msg_2",
  sessionId: "ses_1",
  role: "assistant",
  content: { type: "text", text: "" },
  createdAt: 1_000,
  model: "acme/large",
};

it("reads well", () => {
  const patch = "@@ -1 +1 @@\n-a\n+b\n";
  const edit: ToolCall = {
    id: "call_1",
    name: "edit",
    input: { filePath: "greet.js" },
    status: "success",
    title: "greet.js",
    output: "Edited.",
    startedAt: 1_000,
    endedAt: 2_240,
    diff: [{ path: "greet.js", status: "modified", additions: 1, deletions: 1, patch }],
  };
  const failed: ToolCall = { id: "call_2", name: "bash", input: {}, status: "error", error: "No such file" };
  const markdown = write(session, [
    {
      ...answer,
      id: "msg_1",
      role: "user",
      model: undefined,
      parts: [
        { type: "text", id: "p1", text: "Add validation.\n\n- soon" },
        { type: "image", id: "p2", url: "data:image/png;base64,AAAA", name: "a.png", mimeType: "image/png" },
        { type: "file", id: "p3", url: "file:///b.txt" },
        { type: "text", id: "p4", text: "contents", synthetic: true },
      ],
    },
    {
      ...answer,
      usage: {
        inputTokens: 70,
        outputTokens: 13,
        reasoningTokens: 7,
        cachedTokens: 30,
        cacheWriteTokens: 2,
        costUsd: 0.00011,
      },
      parts: [
        { type: "reasoning", id: "p5", text: "Hm." },
        { type: "tool", id: "p6", toolCall: edit },
        { type: "tool", id: "p7", toolCall: failed },
        { type: "text", id: "p8", text: "Write <b>\n```js\n1\n```" },
      ],
      error: { code: "RATE_LIMITED", message: "Too *many*\nrequests" },
      complete: false,
    },
  ]);
  expect(markdown).toBe(`# Add \\*validation\\* to \\<greet\\>

- Session: \`ses_1\` (completed)
- Engine: \`opencode\`
- Model: \`acme/large\`
- Directory: \`/home/ada/greet\`
- Time: 1970-01-01 00:00:00.000 UTC to 1970-01-01 00:01:01.500 UTC
- Usage: 70 tokens in, 13 out, 7 reasoning, 30 from the cache, 2 into the cache, $0.00011

## User

1970-01-01 00:00:01.000 UTC

> Add validation.
>
> - soon

**Image** \`a.png\`, \`image/png\`: in the message, 26 characters

**File** \`file:///b.txt\`

<details>
<summary>Added by the engine</summary>

\`\`\`text
contents
\`\`\`

</details>

## Assistant

1970-01-01 00:00:01.000 UTC, \`acme/large\`, 70 tokens in, 13 out, 7 reasoning, 30 from the cache, 2 into the cache, $0.00011

<details>
<summary>Reasoning</summary>

\`\`\`text
Hm.
\`\`\`

</details>

### Tool: edit

**success**, 1.2 s: greet.js

Input:

\`\`\`json
{
  "filePath": "greet.js"
}
\`\`\`

Output:

\`\`\`text
Edited.
\`\`\`

File \`greet.js\`, modified, +1 -1:

\`\`\`diff
@@ -1 +1 @@
-a
+b
\`\`\`

### Tool: bash

**error**

Error:

\`\`\`text
No such file
\`\`\`

\`\`\`\`markdown
Write <b>
\`\`\`js
1
\`\`\`
\`\`\`\`

**Error** \`RATE_LIMITED\`: Too \\*many\\* requests

**Incomplete**: this is only what was seen of it.
`);
});

it("shows what messages without parts say, and the results of their tools", () => {
  const calls: readonly ToolCall[] = [
    { id: "call_1", name: "bash", input: { command: "ls" }, status: "success" },
    { id: "call_2", name: "read", input: {}, status: "error" },
  ];
  const content = { type: "text", text: "Looking." } as const;
  const toolResults = [
    { toolCallId: "call_1", output: "a.txt" },
    { toolCallId: "call_2", output: "No such file", isError: true },
    { toolCallId: "call_0", output: "of another message" },
  ];
  const blocks = readMarkdown(write(session, [{ ...answer, content, toolCalls: calls, toolResults }]));
  expect(blocks.map(({ text }) => text).slice(4)).toEqual([
    "Looking.",
    "Tool: bash",
    "success",
    "Input:",
    '{\n  "command": "ls"\n}\n',
    "Output:",
    "a.txt\n",
    "Tool: read",
    "error",
    "Error:",
    "No such file\n",
    "Tool: call_0",
    "success",
    "Output:",
    "of another message\n",
  ]);
});
