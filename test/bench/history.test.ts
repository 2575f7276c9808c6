import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { useFolder } from "../node/history/files.ts";

it("the bench of the history measures a small file, and leaves nothing behind", async () => {
  const folder = await useFolder();
  const bench = fileURLToPath(new URL("../../bench/history.ts", import.meta.url));
  const size = ["--sessions", "20", "--megabytes", "1", "--rounds", "3", "--folder", folder];
  const args = ["--expose-gc", "--conditions=@quantumreef/source", bench, ...size];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toBe("");
  expect(stdout).toMatch(/^20 sessions, \d+ parts, \d+ MB, Node v/);
  for (const name of ["latest 100 sessions", "400 messages, 2,000 parts", "last 50 messages"])
    expect(stdout).toMatch(new RegExp(`${name}.* ms +floor .* ms +\\d+\\.\\d\\dx`));
  expect(stdout).toMatch(/all \d+ messages in .* heap in MB: \d/);
  expect(readdirSync(folder)).toEqual([]);
});
