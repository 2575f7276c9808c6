import { describe, expect, it } from "vitest";
import { decodeMessageInfo, decodePart, decodeSession } from "../../src/opencode/native/decode.ts";
import { decodeFileDiff } from "../../src/opencode/native/decode-diff.ts";
import { decodePermission } from "../../src/opencode/native/decode-permission.ts";

const inMessage = { id: "prt_1", sessionID: "ses_1", messageID: "msg_1" };

describe("a session", () => {
  const wire = { id: "ses_1", title: "T", time: { created: 1, updated: 2 } };

  it("has only what the engine said", () => {
    expect(decodeSession(wire)).toEqual({ id: "ses_1", title: "T", createdAt: 1, updatedAt: 2 });
    expect(decodeSession({ ...wire, directory: null, parentID: null, model: null })).toEqual(
      decodeSession(wire),
    );
  });

  it("names its model in either spelling", () => {
    expect(decodeSession({ ...wire, model: { providerID: "p", id: "m" } }).model).toBe("p/m");
    expect(decodeSession({ ...wire, model: { providerID: "p", modelID: "m" } }).model).toBe("p/m");
  });

  it("is starred by the word that this client writes, and by nothing else", () => {
    expect(decodeSession({ ...wire, metadata: { starred: true } })).toMatchObject({ starred: true });
    for (const metadata of [null, {}, { starred: false }, { starred: "yes" }, { star: true }])
      expect(decodeSession({ ...wire, metadata }).starred).toBeUndefined();
  });

  it("knows its folder, its parent and that it is archived", () => {
    const whole = { ...wire, directory: "/work", parentID: "ses_0", time: { ...wire.time, archived: 3 } };
    expect(decodeSession(whole)).toMatchObject({
      workingDirectory: "/work",
      parentId: "ses_0",
      archived: true,
    });
  });
});

describe("a message", () => {
  const wire = { id: "msg_1", sessionID: "ses_1", role: "assistant", time: { created: 1 } };

  it("of a person opens its own turn", () => {
    const user = { ...wire, role: "user", model: { providerID: "p", modelID: "m" } };
    expect(decodeMessageInfo(user)).toEqual({
      id: "msg_1",
      sessionId: "ses_1",
      role: "user",
      createdAt: 1,
      turnId: "msg_1",
      model: "p/m",
    });
  });

  it("of the assistant says what it used, and how it ended", () => {
    const tokens = { input: 10, output: 5, reasoning: 2, cache: { read: 3, write: 4 } };
    const time = { created: 1, completed: 9 };
    const whole = {
      ...wire,
      parentID: "msg_0",
      providerID: "p",
      modelID: "m",
      tokens,
      cost: 0.5,
      finish: "tool-calls",
      time,
    };
    expect(decodeMessageInfo(whole)).toEqual({
      id: "msg_1",
      sessionId: "ses_1",
      role: "assistant",
      createdAt: 1,
      completedAt: 9,
      turnId: "msg_0",
      model: "p/m",
      stopReason: "tool_calls",
      usage: {
        inputTokens: 10,
        outputTokens: 5,
        reasoningTokens: 2,
        cachedTokens: 3,
        cacheWriteTokens: 4,
        costUsd: 0.5,
      },
    });
  });

  it("has used nothing before it is answered", () => {
    const tokens = { input: 0, output: 0, reasoning: 0, cache: { read: 0, write: 0 } };
    expect(decodeMessageInfo({ ...wire, tokens, cost: 0 })).not.toHaveProperty("usage");
  });
});

describe("a part", () => {
  it.each([
    ["what a person wrote is whole", { type: "text", text: "a" }, true],
    ["what a model writes has begun", { type: "text", text: "", time: { start: 1 } }, false],
    ["and is whole at its end", { type: "text", text: "a", time: { start: 1, end: 2 } }, true],
    ["reasoning too", { type: "reasoning", text: "a", time: { start: 1 } }, false],
  ])("%s", (_, wire, complete) => {
    expect(decodePart({ ...inMessage, ...wire })?.complete).toBe(complete);
  });

  it("that the engine wrote into a prompt says so", () => {
    expect(decodePart({ ...inMessage, type: "text", text: "a", synthetic: true })?.part).toMatchObject({
      synthetic: true,
    });
  });

  it.each([
    ["image/png", "image"],
    ["text/plain", "file"],
    [null, "file"],
  ])("that is a file of type %s is an attachment of type %s", (mime, type) => {
    const part = decodePart({ ...inMessage, type: "file", mime, url: "data:,", filename: "a" })?.part;
    expect(part).toEqual({
      id: "prt_1",
      type,
      url: "data:,",
      name: "a",
      ...(mime ? { mimeType: mime } : {}),
    });
  });

  it("of a tool shows what it has printed while it runs, and its diff when it is done", () => {
    const tool = { ...inMessage, type: "tool", tool: "edit", callID: "call_1" };
    const running = {
      status: "running" as const,
      input: { a: 1 },
      metadata: { output: "so far" },
      time: { start: 1 },
    };
    expect(decodePart({ ...tool, state: running })?.part).toMatchObject({
      toolCall: {
        id: "call_1",
        name: "edit",
        status: "running",
        input: { a: 1 },
        output: "so far",
        startedAt: 1,
      },
    });
    const filediff = { file: "/a", patch: "@@ -1 +1 @@\n-a\n+b\n", additions: 1, deletions: 1 };
    const done = {
      status: "completed" as const,
      output: "ok",
      title: "a",
      metadata: { filediff },
      time: { start: 1, end: 2 },
    };
    expect(decodePart({ ...tool, state: done })?.part).toMatchObject({
      toolCall: {
        status: "success",
        output: "ok",
        title: "a",
        endedAt: 2,
        diff: [{ path: "/a", status: "modified" }],
      },
    });
  });
});

describe("a permission request, in plain words", () => {
  const wire = { id: "per_1", sessionID: "ses_1" };
  it.each([
    [{ permission: "bash", patterns: ["a", "b"], metadata: { command: "a; b" } }, "Run `a; b`"],
    [{ permission: "edit", patterns: ["a.txt"] }, "Change a.txt"],
    [
      { permission: "external_directory", patterns: ["/etc/*"] },
      "Reach outside the working directory: /etc/*",
    ],
    [{ permission: "webfetch", patterns: ["https://a.b"] }, "Use webfetch on https://a.b"],
    [{ permission: "doom_loop", patterns: [] }, "Use doom_loop"],
    [{ permission: "doom_loop" }, "Use doom_loop"],
    [{ permission: "odd", metadata: { command: 7 } }, "Use odd"],
  ])("%j", (more, description) => {
    expect(decodePermission({ ...wire, ...more }, 3)).toMatchObject({ description, createdAt: 3 });
  });
});

describe("a diff", () => {
  it.each([
    ["@@ -0,0 +1,2 @@\n+a\n+b\n", "added"],
    ["@@ -1,2 +0,0 @@\n-a\n-b\n", "deleted"],
    ["@@ -1,2 +1,2 @@\n-a\n+b\n", "modified"],
  ])("%j is %s", (patch, status) => {
    expect(decodeFileDiff({ file: "f", patch }).status).toBe(status);
    expect(decodeFileDiff({ file: "f", patch, status: "odd" }).status).toBe(status);
  });

  it("of a tool that patches several files is told file by file, asked for and done", () => {
    const files = [
      { filePath: "/w/a", relativePath: "a", type: "update", patch: "A", additions: 1, deletions: 2 },
      { filePath: "/w/b", relativePath: "b", type: "add", patch: "B", additions: 3, deletions: 0 },
      { filePath: "/w/c", relativePath: "c", type: "delete", patch: "C", additions: 0, deletions: 4 },
      {
        filePath: "/w/d",
        relativePath: "e",
        type: "move",
        patch: "D",
        additions: 5,
        deletions: 5,
        movePath: "/w/e",
      },
    ];
    const metadata = { filepath: "a, b, c, d", diff: "A\nB\nC\nD\n", files };
    const diff = [
      { path: "/w/a", status: "modified", additions: 1, deletions: 2, patch: "A" },
      { path: "/w/b", status: "added", additions: 3, deletions: 0, patch: "B" },
      { path: "/w/c", status: "deleted", additions: 0, deletions: 4, patch: "C" },
      { path: "/w/e", previousPath: "/w/d", status: "renamed", additions: 5, deletions: 5, patch: "D" },
    ];
    expect(decodePermission({ id: "p", sessionID: "s", permission: "edit", metadata }, 3).diff).toEqual(diff);
    const state = { status: "completed" as const, input: {}, output: "ok", metadata };
    const where = { id: "prt_1", sessionID: "s", messageID: "m" };
    const tool = decodePart({ ...where, type: "tool", tool: "apply_patch", callID: "c", state });
    expect(tool?.part).toMatchObject({ toolCall: { diff } });
  });

  it.each([[[]], [["a.txt"]], [3]])("is not looked for in other things that tools note: %j", (files) => {
    const metadata = { files };
    expect(decodePermission({ id: "p", sessionID: "s", permission: "x", metadata }, 3).diff).toBeUndefined();
  });

  it("believes the engine's own numbers", () => {
    const wire = { file: "f", additions: 7, deletions: 8, status: "deleted" };
    expect(decodeFileDiff(wire)).toEqual({
      path: "f",
      status: "deleted",
      additions: 7,
      deletions: 8,
      patch: "",
    });
  });
});
