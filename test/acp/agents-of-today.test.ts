import { describe, expect, it } from "vitest";
import { chunk, type Step, steps } from "./script.ts";
import { run, useFake } from "./support.ts";

/*
 * What the agents of `acpAgents` were seen to say, as they said it: `known-agents.long.ts` runs them.
 */

const once = { optionId: "o1", name: "Once", kind: "allow_once" };
const no = { optionId: "o3", name: "No", kind: "reject_once" };
const text = (said: string) => [{ type: "content", content: { type: "text", text: said } }];
const call = (told: object): Step => ({ update: { sessionUpdate: "tool_call", toolCallId: "c1", ...told } });
const more = (told: object): Step => ({
  update: { sessionUpdate: "tool_call_update", toolCallId: "c1", ...told },
});
const asks = (told: object): Step => ({
  ask: "session/request_permission",
  params: { toolCall: { toolCallId: "c1", ...told }, options: [once, no] },
  isQuiet: true,
});

async function play(list: readonly Step[], reply: "allow" | "deny" = "allow") {
  const { client } = await useFake();
  return run(client, await client.session.create(), steps(...list), reply);
}

describe("Codex", () => {
  const running = {
    title: "echo hi",
    kind: "execute",
    status: "in_progress",
    content: [{ type: "terminal", terminalId: "c1" }],
    rawInput: { command: "echo hi" },
  };

  it("tells the output of a command piece by piece, and the name of the tool at its end", async () => {
    const shows = (data: string) => ({ _meta: { terminal_output_delta: { data, terminal_id: "c1" } } });
    const { result } = await play([
      call(running),
      more(shows("h")),
      more({ name: "exec_command", status: "completed", ...shows("i\n") }),
    ]);
    expect(result.toolCalls).toMatchObject([{ name: "execute", status: "success", output: "hi\n" }]);
  });

  it("cancels a turn whose permission was denied: it is rejected, and not aborted", async () => {
    const asked = asks({ title: "echo hi", kind: "execute" });
    const { result } = await play([call(running), asked, { end: "cancelled" }], "deny");
    expect(result).toMatchObject({ status: "rejected", error: { code: "PERMISSION_DENIED" } });
    expect(result.toolCalls).toMatchObject([{ status: "error", error: "Its permission was denied." }]);
  });

  it("ends a turn as if all was well when its provider has failed: it is an error", async () => {
    const status = (type: string): Step => ({
      update: { sessionUpdate: "session_info_update", _meta: { codex: { threadStatus: { type } } } },
    });
    const body = JSON.stringify({ error: { message: "429 Too many requests", code: null } });
    const { result } = await play([status("active"), status("systemError"), { text: body }]);
    expect(result).toMatchObject({
      status: "error",
      error: { code: "RATE_LIMITED", message: "429 Too many requests" },
    });
    const { result: mended } = await play([status("systemError"), status("active"), { text: "Fine." }]);
    expect(mended).toMatchObject({ status: "completed", text: "Fine." });
  });
});

describe("Qwen Code", () => {
  const announced = {
    title: "Shell",
    kind: "execute",
    status: "pending",
    content: [],
    rawInput: {},
    _meta: { toolName: "run_shell_command" },
  };

  it("announces a tool before its input is there, and tells that when it asks", async () => {
    const { events, result } = await play([
      call(announced),
      asks({ title: "ls (Lists)", kind: "execute", rawInput: { command: "ls" } }),
      more({ status: "completed", content: text("Command: ls\nOutput: a"), rawOutput: { output: "a" } }),
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({
        type: "permission_requested",
        tool: "run_shell_command",
        description: "Run `ls (Lists)`",
        patterns: ["ls"],
      }),
    );
    expect(result.toolCalls).toMatchObject([
      { name: "run_shell_command", title: "ls (Lists)", input: { command: "ls" }, output: "a" },
    ]);
  });

  it("says what it wrote as a diff, and again as raw output, which is no text for anybody", async () => {
    const diff = { type: "diff", path: "/w/a.txt", oldText: "", newText: "a\n" };
    const { events, result } = await play([
      call({ ...announced, title: "WriteFile", kind: "edit" }),
      asks({ title: "Writing to a.txt", kind: "edit", content: [diff], locations: [{ path: "/w/a.txt" }] }),
      more({ status: "completed", content: [diff], rawOutput: { fileDiff: "…", fileName: "a.txt" } }),
    ]);
    expect(events).toContainEqual(
      expect.objectContaining({ type: "permission_requested", description: "Writing to a.txt" }),
    );
    expect(result.toolCalls).toMatchObject([{ output: "", diff: [{ path: "/w/a.txt", additions: 1 }] }]);
  });

  it("tells what it used with an empty chunk after each step", async () => {
    const used = (inputTokens: number): Step => ({
      update: {
        ...chunk("agent_message_chunk", ""),
        _meta: { usage: { inputTokens, outputTokens: 5, totalTokens: 15, cachedReadTokens: 1 } },
      },
    });
    const { result } = await play([used(10), { text: "Done." }, used(20)]);
    expect(result.usage).toMatchObject({ inputTokens: 30, outputTokens: 10, cachedTokens: 2 });
  });
});

describe("Gemini CLI", () => {
  const running = {
    title: "echo hi",
    kind: "execute",
    status: "in_progress",
    content: text("[current working directory /w] (A command)"),
    locations: [],
  };

  it("says what a tool is about where others say what it shows, and takes that back at its end", async () => {
    const { result } = await play([call(running), more({ status: "completed", content: [] })]);
    expect(result.toolCalls).toMatchObject([{ status: "success", output: "" }]);
  });

  it("says no more of a tool that was denied", async () => {
    const { result } = await play([asks({ ...running, status: "pending" }), { text: "Then not." }], "deny");
    expect(result.status).toBe("completed");
    expect(result.toolCalls).toMatchObject([{ status: "error", error: "Its permission was denied." }]);
  });

  it("tells what a turn used in its own words, and errors as the JSON of its provider", async () => {
    const meta = { quota: { token_count: { input_tokens: 20, output_tokens: 10 } } };
    const { result } = await play([{ text: "Done." }, { end: "end_turn", meta }]);
    expect(result.usage).toEqual({ inputTokens: 20, outputTokens: 10 });
    const message = JSON.stringify({ error: { code: 400, message: "bad thing", status: "X" } });
    const { result: failed } = await play([{ fail: { code: -32_603, message } }]);
    expect(failed).toMatchObject({
      status: "error",
      error: { code: "PROVIDER_ERROR", message: "bad thing" },
    });
  });

  const history = [chunk("user_message_chunk", "First"), chunk("agent_message_chunk", "One.")];

  it("goes on with a session of another process, though it lists none", async () => {
    const { client } = await useFake({ capabilities: { loadSession: true }, history, keeps: ["a"] });
    expect(await client.session.list()).toEqual([]);
    const [messages, session] = await Promise.all([client.session.messages("a"), client.session.get("a")]);
    expect(messages.map(({ content }) => content.text)).toEqual(["First", "One."]);
    expect(session).toMatchObject({ id: "a" });
    expect((await run(client, { id: "a" }, "On")).result).toMatchObject({ status: "completed", text: "On" });
    expect(await client.session.messages("a")).toHaveLength(4);
    await expect(client.session.messages("b")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
    expect((await client.session.list()).map(({ id }) => id)).toEqual(["a"]);
  });

  it("tells a conversation after it has said that it did: none of it is the answer to the next prompt", async () => {
    const { client } = await useFake({ capabilities: { loadSession: true }, history, isLate: true });
    expect((await run(client, { id: "a" }, "On")).result).toMatchObject({ status: "completed", text: "On" });
    const messages = await client.session.messages("a");
    expect(messages.map(({ content }) => content.text)).toEqual(["First", "One.", "On", "On"]);
  });
});

describe("Claude Code", () => {
  it("tells the output in Markdown, and as it was; and what a tool is about before it asks", async () => {
    const { events, result } = await play([
      call({
        name: "Bash",
        title: "Terminal",
        kind: "execute",
        status: "pending",
        rawInput: {},
        content: [],
      }),
      more({ rawInput: { command: "echo hi" }, title: "echo hi", content: text("A command") }),
      asks({ title: "echo hi", kind: "execute", content: text("A command") }),
      more({ status: "completed", rawOutput: "hi", content: text("```console\nhi\n```") }),
    ]);
    const updates = events.filter(({ type }) => type === "tool_call_update");
    expect(JSON.stringify(updates)).not.toContain("A command");
    expect(result.toolCalls).toMatchObject([{ name: "Bash", status: "success", output: "hi" }]);
  });
});
