import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeFileDiff,
  decodeMessageInfo,
  decodePart,
  decodePermission,
  decodeSession,
} from "../../src/opencode/native/decode.ts";

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
  const lines = fc.array(fc.constantFrom("+a", "-b", " c", "+", "-", "++x", "---", "-- y", "+++ z"), {
    minLength: 1,
  });
  const header = fc.constantFrom(
    "",
    "Index: f\n=====\n",
    "Index: f\n=====\n--- f\n+++ f\n",
    "--- f\n+++ f\n",
  );

  it("is counted where the engine did not: lines of the hunks, not of the header", () => {
    fc.assert(
      fc.property(header, fc.array(lines, { minLength: 1, maxLength: 3 }), (head, hunks) => {
        const patch = head + hunks.map((hunk) => `@@ -1,9 +1,9 @@\n${hunk.join("\n")}\n`).join("");
        const count = (mark: string) => hunks.flat().filter((line) => line.startsWith(mark)).length;
        expect(decodeFileDiff({ file: "f", patch })).toEqual({
          path: "f",
          status: "modified",
          additions: count("+"),
          deletions: count("-"),
          patch,
        });
      }),
    );
  });

  it.each([
    ["@@ -0,0 +1,2 @@\n+a\n+b\n", "added"],
    ["@@ -1,2 +0,0 @@\n-a\n-b\n", "deleted"],
    ["@@ -1,2 +1,2 @@\n-a\n+b\n", "modified"],
  ])("%j is %s", (patch, status) => {
    expect(decodeFileDiff({ file: "f", patch }).status).toBe(status);
    expect(decodeFileDiff({ file: "f", patch, status: "renamed" }).status).toBe(status);
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
