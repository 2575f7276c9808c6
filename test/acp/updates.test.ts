import type { EngineEvent } from "@quantumreef/engine-client";
import { describe, expect, it } from "vitest";
import { chunk, steps } from "./script.ts";
import { run, useFake } from "./support.ts";

const tool = (fields: object) => ({ update: { sessionUpdate: "tool_call", toolCallId: "c1", ...fields } });
const toolUpdate = (fields: object) => ({
  update: { sessionUpdate: "tool_call_update", toolCallId: "c1", ...fields },
});
const content = (text: string) => ({ type: "content", content: { type: "text", text } });

/** Runs one prompt in a new session, and gives all that was told. */
async function play(text: string, behaviour = {}) {
  const fake = await useFake(behaviour);
  const events: EngineEvent[] = [];
  fake.client.events.subscribe((event) => events.push(event));
  const session = await fake.client.session.create();
  const done = await run(fake.client, session, text);
  return { ...fake, ...done, session, all: events };
}

describe("what an agent says in a turn", () => {
  it("is text and reasoning, in the parts in which it comes", async () => {
    const { result, client, session } = await play(
      steps(
        { update: chunk("agent_thought_chunk", "Hm") },
        { update: chunk("agent_thought_chunk", "m.") },
        { update: chunk("agent_message_chunk", "One ", "m1") },
        { update: chunk("agent_message_chunk", "two.", "m1") },
        { update: chunk("agent_message_chunk", "Three.", "m2") },
        {
          end: "end_turn",
          usage: { inputTokens: 7, outputTokens: 3, thoughtTokens: 2, cachedReadTokens: 1 },
        },
      ),
    );
    expect(result).toMatchObject({
      status: "completed",
      stopReason: "stop",
      text: "One two.Three.",
      usage: { inputTokens: 7, outputTokens: 3, reasoningTokens: 2, cachedTokens: 1 },
    });
    const texts = result.message?.parts?.map((part) => ("text" in part ? [part.type, part.text] : []));
    expect(texts).toEqual([
      ["reasoning", "Hmm."],
      ["text", "One two."],
      ["text", "Three."],
    ]);
    expect((await client.session.messages(session)).at(-1)).toEqual(result.message);
  });

  it("is a tool call from its announcement to its end, with its diff, its output and what it brought", async () => {
    const { events, result } = await play(
      steps(
        { text: "I write. " },
        tool({ title: "Write a.txt", kind: "edit", status: "pending", rawInput: { path: "/w/a.txt" } }),
        toolUpdate({ status: "in_progress" }),
        toolUpdate({
          status: "completed",
          content: [
            { type: "diff", path: "/w/a.txt", oldText: "one\ntwo\n", newText: "one\n2\n" },
            content("Written."),
            { type: "content", content: { type: "image", data: "AAAA", mimeType: "image/png" } },
            { type: "content", content: { type: "resource_link", uri: "file:///w/a.txt", name: "a.txt" } },
          ],
        }),
        { text: "Done." },
      ),
    );
    const types = events.map(({ type }) => type);
    expect(types.filter((type) => type.startsWith("tool"))).toEqual([
      "tool_call_start",
      "tool_call_update",
      "tool_call_result",
    ]);
    expect(result.toolCalls).toMatchObject([
      {
        id: "c1",
        name: "edit",
        title: "Write a.txt",
        status: "success",
        input: { path: "/w/a.txt" },
        output: "Written.",
        diff: [{ path: "/w/a.txt", status: "modified", additions: 1, deletions: 1 }],
        attachments: [
          { type: "image", url: "data:image/png;base64,AAAA" },
          { type: "file", url: "file:///w/a.txt", name: "a.txt" },
        ],
      },
    ]);
    expect(result.toolCalls[0]?.diff?.[0]?.patch).toContain("-two\n+2\n");
    expect(result.message?.parts?.map(({ type }) => type)).toEqual(["text", "tool", "text"]);
  });

  it("is the output that a tool has only as its raw output, and why it failed", async () => {
    const { result } = await play(
      steps(
        tool({ title: "a", name: "Bash", status: "completed", rawOutput: { output: "raw" } }),
        { update: { sessionUpdate: "tool_call", toolCallId: "c2", title: "b", status: "failed" } },
        {
          update: {
            sessionUpdate: "tool_call_update",
            toolCallId: "c3",
            title: "c",
            kind: "read",
            status: "failed",
            content: [content("No.")],
          },
        },
        { update: { sessionUpdate: "tool_call", toolCallId: "c4", title: "d", status: "in_progress" } },
      ),
    );
    expect(result.toolCalls).toMatchObject([
      { name: "Bash", status: "success", output: "raw" },
      { name: "other", status: "error", error: "The tool failed." },
      { name: "read", status: "error", error: "No." },
      { name: "other", status: "error", error: "The turn ended before the tool did." },
    ]);
  });

  it("is a plan, which is the list of things to do", async () => {
    const entries = [{ content: "Look", priority: "high", status: "in_progress" }];
    const { all, client, session } = await play(steps({ update: { sessionUpdate: "plan", entries } }));
    const todos = [{ content: "Look", priority: "high", status: "in_progress" }];
    expect(all).toContainEqual({ type: "todo_updated", sessionId: session.id, todos });
    expect(await client.session.todo(session)).toEqual(todos);
  });

  it("is what there is to choose from, a new mode, a title, how full the context is", async () => {
    const modes = {
      currentModeId: "ask",
      availableModes: [
        { id: "ask", name: "Ask" },
        { id: "code", name: "Code", description: "Writes" },
      ],
    };
    const models = { currentModelId: "p/a", availableModels: [{ modelId: "p/a", name: "A" }] };
    const { client, session, all } = await play(
      steps(
        {
          update: {
            sessionUpdate: "available_commands_update",
            availableCommands: [
              { name: "/plan", description: "Plans", input: { hint: "what" } },
              { name: "help" },
            ],
          },
        },
        { update: { sessionUpdate: "current_mode_update", currentModeId: "code" } },
        { update: { sessionUpdate: "session_info_update", title: "Named" } },
        {
          update: {
            sessionUpdate: "usage_update",
            used: 10,
            size: 1000,
            cost: { amount: 0.5, currency: "USD" },
          },
        },
        { end: "end_turn", usage: { inputTokens: 1, outputTokens: 1 } },
      ),
      { settings: { modes, models } },
    );
    expect(await client.commands.list()).toEqual([
      { name: "plan", description: "Plans", placeholders: ["$ARGUMENTS"] },
      { name: "help", placeholders: [] },
    ]);
    expect(await client.agents.list()).toEqual([
      { id: "ask", description: "Ask", role: "primary", isDefault: false },
      { id: "code", description: "Writes", role: "primary", isDefault: true },
    ]);
    expect(await client.models.list()).toMatchObject([
      { id: "p/a", name: "A", provider: "p", isDefault: true, limits: { context: 1000 } },
    ]);
    expect(await client.session.get(session.id)).toMatchObject({ title: "Named", model: "p/a" });
    expect(await client.session.usage(session)).toMatchObject({
      own: { costUsd: 0.5 },
      context: { limit: 1000 },
    });
    const passedOn = all.flatMap((event) => (event.type === "unknown" ? [event.name] : []));
    expect(passedOn).toEqual(["available_commands_update", "current_mode_update", "usage_update"]);
  });

  it("is a notice, an update of a kind that nobody knows, and one of a session that nobody knows", async () => {
    const news = { sessionUpdate: "weather_update", rain: true };
    const { all, diagnostics, session, result } = await play(
      steps(
        { update: { sessionUpdate: "notice", severity: "warning", title: "Slow", description: "today" } },
        { update: news },
        { update: chunk("agent_message_chunk", "Elsewhere."), of: "ses_other" },
        { notify: "_vendor/thing", params: { a: 1 } },
        { text: "Here." },
      ),
    );
    expect(result).toMatchObject({ status: "completed", text: "Here." });
    expect(diagnostics).toContainEqual(
      expect.objectContaining({ code: "agent_notice", level: "warning", message: "Slow: today" }),
    );
    const unknown = all.filter(({ type }) => type === "unknown");
    expect(unknown).toContainEqual({
      type: "unknown",
      sessionId: session.id,
      name: "weather_update",
      raw: news,
    });
    expect(unknown).toContainEqual(expect.objectContaining({ sessionId: "ses_other" }));
    expect(unknown).toContainEqual(expect.objectContaining({ name: "_vendor/thing", raw: { a: 1 } }));
  });

  it("is left out where it can't be read, and the turn goes on", async () => {
    const { result, codes } = await play(
      steps(
        { update: { sessionUpdate: "agent_message_chunk", content: "text" } },
        { update: { sessionUpdate: "plan", entries: "none" } },
        { notify: "session/update", params: { sessionId: "s" } },
        { text: "Fine." },
      ),
    );
    expect(result).toMatchObject({ status: "completed", text: "Fine." });
    expect(codes().filter((code) => code === "malformed_event")).toHaveLength(3);
  });

  it("is heard, although it comes before the session was said to be there", async () => {
    const { client } = await useFake({
      early: [{ sessionUpdate: "available_commands_update", availableCommands: [{ name: "early" }] }],
    });
    expect((await client.commands.list()).map(({ name }) => name)).toEqual(["early"]);
  });

  it.each([
    ["max_tokens", "completed", "length"],
    ["refusal", "completed", "content_filter"],
    ["max_turn_requests", "completed", "max_turn_requests"],
  ])("ends with %s as %s (%s)", async (end, status, stopReason) => {
    const { result } = await play(steps({ text: "So far." }, { end }));
    expect(result).toMatchObject({ status, stopReason, text: "So far." });
  });

  it.each([
    [{ code: -32_000, message: "Authentication required" }, "AUTH_REQUIRED"],
    [
      { code: -32_603, message: "Internal error", data: { details: "429 Too Many Requests" } },
      "RATE_LIMITED",
    ],
    [{ code: -32_603, message: "Internal error: prompt is too long" }, "CONTEXT_OVERFLOW"],
    [{ code: -32_603, message: "Internal error: it broke" }, "PROVIDER_ERROR"],
    [{ code: -32_602, message: "Invalid params: no" }, "INVALID_REQUEST"],
  ])("ends with the error %j as %s", async (fail, code) => {
    const { result } = await play(steps({ text: "So far." }, { fail }));
    expect(result).toMatchObject({ status: "error", error: { code }, text: "So far." });
  });
});
