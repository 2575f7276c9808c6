import { execFile } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { putDatabase, useFolder } from "../node/history/files.ts";

const example = fileURLToPath(new URL("../../examples/history.ts", import.meta.url));
const run = (path: string) =>
  promisify(execFile)(process.execPath, ["--conditions=@quantumreef/source", example, path]);

it("the history example shows the sessions of a file, and exits by itself", async () => {
  const path = putDatabase(await useFolder(), "opencode.db");
  const { stdout, stderr } = await run(path);
  expect(stderr).toBe("");
  expect(stdout).toBe(`${path}

2026-11-23  idle       Aborted in b
  messages: 2, tool calls: 1, cost: $0.00000
  PROMPT_ABORTED: This turn was aborted.

2026-11-23  completed  Parent with a child
  messages: 5, tool calls: 1, cost: $0.00006
  assistant: ## Summary
Scripted summary.
  started: Look around (@general subagent)

2026-11-23  completed  Look around (@general subagent)
  messages: 2, tool calls: 0, cost: $0.00002
  assistant: Child says hello.

2026-11-23  error      Provider error
  messages: 2, tool calls: 0, cost: $0.00000
  AUTH_REQUIRED: The provider "local" refused its credentials: Incorrect API key provided. Check its API key in the engine's configuration.

2026-11-23  completed  Answers and tools
  messages: 6, tool calls: 3, cost: $0.00010
  assistant: Second answer.
  completed: first
  pending: second
`);
});

it("the history example says what is wrong with a file", async () => {
  const missing = join(await useFolder(), "opencode.db");
  await expect(run(missing)).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^There is no OpenCode database\. Tried: .*opencode\.db\..*\n$/),
  });
});
