import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { converseStream } from "../support/scripted-model/converse-stream.ts";
import { eventStreamFrame } from "../support/scripted-model/event-stream-frame.ts";
import { generateContent } from "../support/scripted-model/generate-content.ts";
import { messages } from "../support/scripted-model/messages.ts";
import { responses } from "../support/scripted-model/responses.ts";
import { wires } from "../support/scripted-model/wires.ts";

/** The same conversation on each wire: a prompt, a call and its result, and a prompt that came in with the result. */
const conversations = [
  {
    wire: responses,
    path: "/v1/responses",
    body: {
      model: "m",
      stream: true,
      tools: [{ type: "function", name: "bash" }],
      input: [
        { role: "developer", content: "Be brief." },
        { role: "user", content: [{ type: "input_text", text: "one" }] },
        { type: "reasoning", summary: [] },
        { role: "assistant", content: [{ type: "output_text", text: "look" }] },
        { type: "function_call", call_id: "c", name: "bash", arguments: "{}" },
        { type: "function_call_output", call_id: "c", output: "x" },
        { role: "user", content: [{ type: "input_text", text: "two" }] },
      ],
    },
  },
  {
    wire: messages,
    path: "/v1/messages",
    body: {
      model: "m",
      stream: true,
      tools: [{ name: "bash" }],
      system: [{ type: "text", text: "Be brief." }],
      messages: [
        { role: "user", content: "one" },
        {
          role: "assistant",
          content: [
            { type: "text", text: "look" },
            { type: "tool_use", id: "c", name: "bash" },
          ],
        },
        {
          role: "user",
          content: [
            { type: "tool_result", tool_use_id: "c", content: "x" },
            { type: "text", text: "two" },
          ],
        },
      ],
    },
  },
  {
    wire: generateContent,
    path: "/v1beta/models/m:streamGenerateContent",
    body: {
      tools: [{ functionDeclarations: [{ name: "bash" }] }],
      systemInstruction: { parts: [{ text: "Be brief." }] },
      contents: [
        { role: "user", parts: [{ text: "one" }] },
        {
          role: "model",
          parts: [{ text: "hm", thought: true }, { text: "look" }, { functionCall: { name: "bash" } }],
        },
        { role: "user", parts: [{ functionResponse: { name: "bash" } }, { text: "two" }] },
      ],
    },
  },
  {
    wire: converseStream,
    path: "/model/m/converse-stream",
    body: {
      toolConfig: { tools: [{ toolSpec: { name: "bash" } }] },
      system: [{ text: "Be brief." }],
      messages: [
        { role: "user", content: [{ text: "one" }] },
        { role: "assistant", content: [{ text: "look" }, { toolUse: { name: "bash" } }] },
        { role: "user", content: [{ toolResult: { toolUseId: "c" } }, { text: "two" }] },
      ],
    },
  },
];

describe.each(conversations)("$wire.id", ({ wire, path, body }) => {
  it("reads a conversation as every other wire does", () => {
    expect(wire.read(body, path)).toEqual({
      model: "m",
      streamed: true,
      system: "Be brief.",
      tools: ["bash"],
      messages: [
        { role: "user", text: "one" },
        { role: "assistant", text: "look" },
        { role: "tool", text: "" },
        { role: "user", text: "two" },
      ],
    });
  });

  it("is the only one that takes its requests", () => {
    expect(wires.filter((other) => other.accepts("POST", path))).toEqual([wire]);
    expect(wire.accepts("GET", path)).toBe(false);
  });

  it("reads what is no conversation as an empty one", () => {
    for (const nothing of [null, [], { messages: 1, input: [null], contents: [{}] }]) {
      expect(wire.read(nothing, path).tools).toEqual([]);
    }
  });
});

describe("a frame of an AWS event stream", () => {
  it("holds its lengths, its checksums, its headers and its body", () => {
    const frame = Buffer.from(eventStreamFrame({ ":event-type": "x" }, { a: 1 }));
    expect(frame.readUInt32BE(0)).toBe(frame.length);
    expect(frame.readUInt32BE(4)).toBe(1 + 11 + 1 + 2 + 1);
    expect(frame.readUInt32BE(8)).toBe(crc32(frame.subarray(0, 8)));
    expect(frame.subarray(12, 28).toString("latin1")).toBe("\x0b:event-type\x07\x00\x01x");
    expect(frame.subarray(28, -4).toString()).toBe('{"a":1}');
    expect(frame.readUInt32BE(frame.length - 4)).toBe(crc32(frame.subarray(0, -4)));
  });
});
