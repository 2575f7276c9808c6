import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { EngineEvent, ManagedEngineClient, ToolCall, ToolCallRecord } from "@quantumreef/engine-client";
import { openHistory } from "@quantumreef/engine-client/node";
import { describe, expect, it } from "vitest";
import { callTool, nextStep, say, script } from "../support/scripted-model/script.ts";
import { useRealEngine } from "./engine.ts";

const server = join(import.meta.dirname, "../support/mcp-server.ts");
const command = [process.execPath, server];
const real = useRealEngine({
  config: { permission: { webfetch: "ask" }, mcp: { "my.calc": { type: "local", command } } },
});

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";
const bash = (line: string) => callTool("bash", { command: line, description: "x" });

/** What somebody knows of a session's calls who only listens: each as it was told last, in the order of its first. */
function listen(client: ManagedEngineClient) {
  const calls = new Map<string, ToolCallRecord>();
  const outputs = new Map<string, string[]>();
  client.events.subscribe((event: EngineEvent) => {
    if (event.type !== "tool_call_updated") return;
    const { sessionId, messageId, toolCall } = event;
    calls.set(`${messageId} ${toolCall.id}`, { sessionId, messageId, toolCall });
    if (toolCall.status !== "running" || toolCall.output === undefined) return;
    outputs.set(toolCall.id, [...(outputs.get(toolCall.id) ?? []), toolCall.output]);
  });
  return {
    outputs,
    of: (sessionId: string) => [...calls.values()].filter((one) => one.sessionId === sessionId),
  };
}

const untimed = (calls: readonly ToolCallRecord[]) => calls.map(({ turnId: _, ...call }) => call);

/** The same calls, by whoever is asked. */
async function expectSame(client: ManagedEngineClient, told: ReturnType<typeof listen>, sessionId: string) {
  const ledger = await client.session.toolCalls(sessionId);
  expect(untimed(ledger)).toEqual(told.of(sessionId));
  expect(await real.client().session.toolCalls(sessionId)).toEqual(ledger);
  const history = await openHistory({
    path: join(real.engine.server.home, ".local/share/opencode/opencode.db"),
    mcpServers: ["my.calc"],
  });
  try {
    expect(await history.toolCalls(sessionId)).toEqual(ledger);
  } finally {
    await history.close();
  }
  const messages = await client.session.messages(sessionId);
  expect(ledger.map(({ toolCall }) => toolCall)).toEqual(messages.flatMap(({ toolCalls = [] }) => toolCalls));
  return ledger;
}

const byName = (calls: readonly ToolCallRecord[]) =>
  new Map<string, ToolCall>(calls.map(({ toolCall }) => [toolCall.name, toolCall]));

describe("the tool calls of the real engine", () => {
  it("have one shape over all tools, and are the same live, in the ledger and in the history", async () => {
    const client = real.client();
    await client.connect();
    const told = listen(client);
    const { workspace } = real.engine;
    await writeFile(workspace.path("pixel.png"), Buffer.from(PIXEL, "base64"));
    const session = await client.session.create();
    const child = script(
      callTool("read", { filePath: workspace.path("README.md") }),
      nextStep(),
      say("Seen."),
    );
    const first = await client.session
      .prompt(
        session,
        script(
          bash("for i in 1 2 3; do echo line $i; sleep 0.2; done"),
          callTool("write", { filePath: workspace.path("new.txt"), content: "one\n" }),
          nextStep(),
          callTool("edit", { filePath: workspace.path("new.txt"), oldString: "one", newString: "two" }),
          callTool("glob", { pattern: "*.md" }),
          callTool("grep", { pattern: "Workspace" }),
          callTool("my_calc_add", { a: 1, b: 2 }),
          callTool("my_calc_fail_always"),
          nextStep(),
          callTool("task", { description: "Look", prompt: child, subagent_type: "general" }),
          callTool("read", { filePath: workspace.path("none.txt") }),
          nextStep(),
          say("Done."),
        ),
      )
      .result();
    expect(first.text).toBe("Done.");
    // The engine hands images on as if the person had sent them, and the model answers to that.
    const pixel = callTool("read", { filePath: workspace.path("pixel.png") });
    const second = await client.session.prompt(session, script(pixel, callTool("my_calc_draw"))).result();
    const ledger = await expectSame(client, told, session.id);
    expect([...first.toolCalls, ...second.toolCalls]).toEqual(ledger.map(({ toolCall }) => toolCall));
    expect(new Set(ledger.map(({ turnId }) => turnId))).toEqual(
      new Set([first.message?.turnId, second.message?.turnId]),
    );
    expect(ledger.map(({ toolCall }) => toolCall.name)).toEqual([
      ...["bash", "write", "edit", "glob", "grep", "my_calc_add", "my_calc_fail_always"],
      ...["task", "read", "read", "my_calc_draw"],
    ]);
    for (const { toolCall } of ledger) {
      const { startedAt = 0, endedAt = 0, status, error, output } = toolCall;
      expect(startedAt).toBeGreaterThanOrEqual(session.createdAt);
      expect(endedAt).toBeGreaterThanOrEqual(startedAt);
      if (status === "error") expect(error).toMatch(/\S/);
      else expect(output).toMatch(/\S/);
    }
    const calls = byName(ledger);
    const ok = { status: "success" };
    expect(calls.get("bash")).toMatchObject({
      ...ok,
      output: "line 1\nline 2\nline 3\n",
      title: expect.any(String),
    });
    expect(calls.get("edit")).toMatchObject({ ...ok, diff: [{ additions: 1, deletions: 1 }] });
    expect(calls.get("my_calc_add")).toMatchObject({
      ...ok,
      output: "3",
      mcp: { server: "my.calc", tool: "add" },
    });
    expect(calls.get("my_calc_fail_always")).toMatchObject({
      status: "error",
      error: "It does not work.",
      mcp: { server: "my.calc", tool: "fail_always" },
    });
    const image = { type: "image", mimeType: "image/png", url: `data:image/png;base64,${PIXEL}` };
    expect(calls.get("my_calc_draw")).toMatchObject({ output: "Drawn.", attachments: [image] });
    expect(calls.get("read")).toMatchObject({ ...ok, attachments: [image] });
    expect(ledger[8]?.toolCall).toMatchObject({
      status: "error",
      error: expect.stringContaining("none.txt"),
    });
    for (const { name, mcp } of [...calls.values()])
      expect(mcp === undefined).toBe(!name.startsWith("my_calc_"));

    // Output was told while it grew.
    const grown = told.outputs.get(calls.get("bash")?.id ?? "") ?? [];
    expect(grown.length).toBeGreaterThan(1);
    for (const output of grown) expect("line 1\nline 2\nline 3\n").toContain(output);

    // The subagent has a ledger of its own, and stands between the others where it ran.
    const childSessionId = calls.get("task")?.childSessionId ?? "";
    const [started] = await client.session.children(session);
    expect(childSessionId).toBe(started?.id);
    const childs = await expectSame(client, told, childSessionId);
    expect(childs).toMatchObject([
      { sessionId: childSessionId, toolCall: { name: "read", status: "success" } },
    ]);
    const tree = await client.session.toolCalls(session, { tree: true });
    expect(tree.filter(({ sessionId }) => sessionId === session.id)).toEqual(ledger);
    expect(tree.filter(({ sessionId }) => sessionId === childSessionId)).toEqual(childs);
    const times = tree.map(({ toolCall }) => toolCall.startedAt ?? 0);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  });

  it("that are denied or aborted are told alike", async () => {
    const client = real.client();
    await client.connect();
    const told = listen(client);
    const session = await client.session.create();
    const denied = client.session.prompt(
      session,
      script(callTool("webfetch", { url: "http://127.0.0.1:9/", format: "text" }), nextStep(), say(".")),
    );
    for await (const event of denied) {
      if (event.type === "permission_requested") await client.permissions.reply(event, "deny");
    }
    const aborted = client.session.prompt(
      session,
      script(bash("echo begun; sleep 30"), nextStep(), say(".")),
    );
    for await (const event of aborted) {
      if (event.type === "tool_call_update" && event.toolCall.output?.includes("begun"))
        await aborted.abort();
    }
    await aborted.settled();
    const ledger = await expectSame(client, told, session.id);
    expect(ledger.map(({ toolCall }) => [toolCall.name, toolCall.status])).toEqual([
      ["webfetch", "error"],
      // What was printed until then is its output: the engine takes the command for done.
      ["bash", "success"],
    ]);
    expect(ledger[1]?.toolCall.output).toMatch(/^begun\n.*abort/s);
  });

  it("that still run are in the ledger too", async () => {
    const client = real.client();
    const session = await client.session.create();
    const call = client.session.prompt(session, script(bash("echo begun; sleep 30"), nextStep(), say(".")));
    for await (const event of call) {
      if (event.type !== "tool_call_update" || !event.toolCall.output?.includes("begun")) continue;
      expect(await real.client().session.toolCalls(session)).toMatchObject([
        {
          sessionId: session.id,
          turnId: call.turnId,
          toolCall: { name: "bash", status: "running", output: "begun\n" },
        },
      ]);
      await call.abort();
    }
    await expect(client.session.toolCalls("ses_none")).rejects.toMatchObject({ code: "SESSION_NOT_FOUND" });
  });
});
