/*
 * What OpenCode 1.18 keeps in the column `data`, in the shapes of test/fixtures/opencode/opencode.db. The lengths are
 * those of everyday work: answers of a few sentences, files of a few kilobytes, diffs of twenty lines.
 */
const SNAPSHOT = "0896bb9a121ec843724fafac65ed8062a743f399";
const TOKENS = { total: 9_310, input: 1_204, output: 310, reasoning: 96, cache: { write: 0, read: 7_700 } };
const line = (index: number) =>
  `  const value${index} = await read("/src/engine/part-${index}.ts", { signal });\n`;
const lines = (count: number) => Array.from({ length: count }, (_, index) => line(index)).join("");
const THOUGHT = "The user wants the check in one place, so I look for who calls it first. ".repeat(8);
const ANSWER = "I moved the check into the reader, and the tests for it stand beside it now. ".repeat(4);
const FILE = lines(60);
const PRINTED = " ✓ test/engine/reader.test.ts (12 tests) 84ms\n".repeat(24);
const PATCH = `@@ -1,10 +1,12 @@\n${lines(12).replaceAll(/^ /gm, "+")}`;
const DIFF = `Index: /src/reader.ts\n====\n--- /src/reader.ts\n+++ /src/reader.ts\n${PATCH}`;
const OLD = lines(4);
const NEW = lines(6);

export function userWire(at: number): object {
  const diffs = [{ file: "src/reader.ts", patch: DIFF, additions: 12, deletions: 0, status: "modified" }];
  const model = { providerID: "local", modelID: "scripted" };
  return { role: "user", time: { created: at }, agent: "build", model, summary: { diffs } };
}

export function assistantWire(parentID: string, at: number, isLast: boolean): object {
  return {
    parentID,
    role: "assistant",
    mode: "build",
    agent: "build",
    path: { cwd: "/home/user/project", root: "/home/user/project" },
    cost: 0.0123,
    tokens: TOKENS,
    modelID: "scripted",
    providerID: "local",
    time: { created: at, completed: at + 40 },
    finish: isLast ? "stop" : "tool-calls",
  };
}

/** Six parts. */
export function assistantParts(seed: number, at: number, isLast: boolean): readonly object[] {
  const time = { start: at, end: at + 30 };
  return [
    { snapshot: SNAPSHOT, type: "step-start" },
    { type: "reasoning", text: THOUGHT, time },
    { type: "text", text: ANSWER, time },
    ...(isLast ? [{ type: "patch", hash: SNAPSHOT, files: ["/src/reader.ts"] }] : [tool(seed, at)]),
    tool(seed + 1, at),
    {
      reason: isLast ? "stop" : "tool-calls",
      snapshot: SNAPSHOT,
      type: "step-finish",
      tokens: TOKENS,
      cost: 0.0123,
    },
  ];
}

function tool(seed: number, at: number): object {
  const call = (name: string, state: object) => ({
    type: "tool",
    tool: name,
    callID: `call_${seed}`,
    state: { status: "completed", ...state, time: { start: at, end: at + 20 } },
  });
  switch (seed % 3) {
    case 0:
      return call("read", {
        input: { filePath: "/home/user/project/src/reader.ts" },
        output: `<path>/home/user/project/src/reader.ts</path>\n<content>\n${FILE}</content>`,
        metadata: { preview: lines(12), truncated: false, loaded: [] },
        title: "src/reader.ts",
      });
    case 1:
      return call("bash", {
        input: { command: "npx vitest run test/engine", description: "Run the tests" },
        output: PRINTED,
        metadata: { output: PRINTED, exit: 0, truncated: false },
        title: "npx vitest run test/engine",
      });
    default:
      return call("edit", {
        input: { filePath: "/home/user/project/src/reader.ts", oldString: OLD, newString: NEW },
        output: "Edit applied successfully.",
        metadata: {
          diff: DIFF,
          filediff: { file: "/src/reader.ts", patch: DIFF, additions: 12, deletions: 0 },
          diagnostics: {},
        },
        title: "src/reader.ts",
      });
  }
}
