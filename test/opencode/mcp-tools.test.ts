import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { DriverEvent, DriverMessage } from "../../src/engine/driver-events.ts";
import { EngineError } from "../../src/engine/errors.ts";
import { createHttp } from "../../src/http.ts";
import { decodeErrorBody } from "../../src/opencode/native/errors.ts";
import { McpTools } from "../../src/opencode/native/mcp-tools.ts";
import { NativeSessions } from "../../src/opencode/native/sessions.ts";

type Answers = Readonly<Record<string, unknown>>;

/** What is asked of an engine that answers so; what is not there is answered with a web page, as older releases do. */
function stage(answers: Answers) {
  const asked: string[] = [];
  const diagnostics: Diagnostic[] = [];
  const report = {
    alive: () => {},
    beat: () => {},
    retryAfter: () => {},
    diagnostic: (diagnostic: Diagnostic) => diagnostics.push(diagnostic),
  };
  const fetch = async (input: Request | string | URL): Promise<Response> => {
    const { pathname, searchParams } = new URL(input instanceof Request ? input.url : input);
    asked.push(`${pathname} ${searchParams.get("directory")}`);
    const answer = answers[pathname];
    if (answer instanceof Response) return answer;
    return answer === undefined
      ? new Response("<html>", { headers: { "content-type": "text/html" } })
      : Response.json(answer);
  };
  const http = createHttp({
    baseUrl: "http://engine",
    fetch,
    timeout: 5_000,
    engine: "opencode",
    readError: decodeErrorBody,
  });
  const sessions = new NativeSessions(http, report, undefined);
  sessions.saw("ses_1", "/work");
  return { tools: new McpTools(http, sessions, report), asked, diagnostics };
}

const both: Answers = {
  "/mcp": { calc: { status: "connected" }, apply: { status: "disabled" } },
  "/experimental/tool/ids": ["bash", "apply_patch"],
};
const part = (name: string) => ({
  part: {
    type: "tool" as const,
    id: "prt_1",
    toolCall: { id: "call_1", name, input: {}, status: "running" as const },
  },
  complete: true,
});
const event = (name: string): DriverEvent => ({
  type: "part_updated",
  sessionId: "ses_1",
  messageId: "msg_1",
  ...part(name),
});
const message = (...names: string[]): DriverMessage => ({
  ...{ id: "msg_1", sessionId: "ses_1", role: "assistant", createdAt: 1 },
  parts: names.map(part),
});
const mcpOf = (told: DriverEvent | DriverMessage) =>
  "part" in told ? told.part.type === "tool" && told.part.toolCall.mcp : undefined;
const { signal } = new AbortController();

describe("whose tool it is", () => {
  it("is asked once for each name, and told at once from then on", async () => {
    const { tools, asked } = stage(both);
    const first = tools.mark(event("calc_add"), signal);
    expect(first).toBeInstanceOf(Promise);
    expect(mcpOf(await first)).toEqual({ server: "calc", tool: "add" });
    expect(asked.toSorted()).toEqual(["/experimental/tool/ids /work", "/mcp /work"]);
    const again = tools.mark(event("calc_add"), signal);
    expect(again).not.toBeInstanceOf(Promise);
    expect(again).toEqual(await first);
    expect(await tools.markAll("ses_1", [message("calc_add")], signal)).toMatchObject([
      { parts: [{ part: { toolCall: { mcp: { server: "calc", tool: "add" } } } }] },
    ]);
    expect(asked).toHaveLength(2);
  });

  it("is not asked of what can't be one, and the engine's own are its own", async () => {
    const { tools, asked } = stage(both);
    const plain = event("bash");
    expect(tools.mark(plain, signal)).toBe(plain);
    const text: DriverEvent = {
      type: "part_delta",
      sessionId: "ses_1",
      messageId: "m",
      partId: "p",
      delta: "x",
    };
    expect(tools.mark(text, signal)).toBe(text);
    const messages = [message("bash", "read")];
    expect(await tools.markAll("ses_1", messages, signal)).toBe(messages);
    expect(asked).toEqual([]);
    const own = event("apply_patch");
    expect(await tools.mark(own, signal)).toEqual(own);
    expect(tools.mark(own, signal)).toEqual(own);
    expect(asked).toHaveLength(2);
  });

  it("is asked again of a name that nobody has: its server may come", async () => {
    const answers = { ...both };
    const { tools } = stage(answers);
    expect(mcpOf(await tools.mark(event("later_do"), signal))).toBeUndefined();
    answers["/mcp"] = { later: { status: "connected" } };
    expect(mcpOf(await tools.mark(event("later_do"), signal))).toEqual({ server: "later", tool: "do" });
  });

  it("stays unknown where a release has no such routes, without a word", async () => {
    const { tools, diagnostics } = stage({});
    expect(await tools.mark(event("calc_add"), signal)).toEqual(event("calc_add"));
    expect(diagnostics).toEqual([]);
  });

  it("stays unknown where the engine fails, with a diagnostic, and everything is told all the same", async () => {
    const refused = Response.json(
      { name: "ConfigInvalidError", data: { path: "opencode.json" } },
      { status: 400 },
    );
    const { tools, diagnostics } = stage({ ...both, "/mcp": refused });
    const told = await tools.markAll("ses_1", [message("calc_add")], signal);
    expect(told).toEqual([message("calc_add")]);
    expect(diagnostics).toMatchObject([{ code: "mcp_unknown", sessionId: "ses_1", level: "info" }]);
    expect(diagnostics[0]?.message).toContain("calc_add");
  });

  it("is no longer asked when nobody wants it", async () => {
    const { tools } = stage(both);
    const gone = new EngineError("ENGINE_UNAVAILABLE", "Gone.");
    await expect(tools.mark(event("calc_add"), AbortSignal.abort(gone))).rejects.toBe(gone);
  });
});
