import { expect, it } from "vitest";
import { createWorkspace } from "../support/throwaway.ts";
import { runExample } from "./run-example.ts";

it("the batch example asks every repository, and one that fails takes nothing from the others", async () => {
  await using folder = await createWorkspace({ files: { "a.txt": "a\n" } });
  const { code, out, err } = await runExample("batch.ts", [folder.directory]);
  const outcomes = out
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  const names = ["parser", "server", "client", "docs", "tools"];
  expect(outcomes).toEqual([
    ...names.map((name) => ({
      directory: expect.any(String),
      text: `This is the ${name}.`,
      usage: expect.objectContaining({ inputTokens: 100, outputTokens: 10 }),
    })),
    { directory: folder.directory, error: expect.stringContaining("no such file") },
  ]);
  expect(err).toContain("6/6 1 failed");
  expect(err).toMatch(/500 tokens in, 50 out, \$0\.00060\n$/);
  expect(code).toBe(1);
});

it("the batch example that is cancelled says so, and ends", async () => {
  const { code, out, err } = await runExample("batch.ts", [], "0/5");
  expect(out).toBe("");
  expect(err).toContain("The process was ended by SIGTERM.");
  expect(code).toBe(143);
});
