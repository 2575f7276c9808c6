import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the bench of large things measures small ones", async () => {
  const bench = fileURLToPath(new URL("../../bench/large.ts", import.meta.url));
  const args = ["--conditions=@quantumreef/source", bench, "--steps", "2", "--rounds", "1"];
  const { stdout, stderr } = await promisify(execFile)(process.execPath, args);
  expect(stderr).toBe("");
  const unit = /^us per .+ +\d+\.\d\dx {3}\d+: \d+\.\d\d {2}\d+: \d+\.\d\d$/gm;
  expect(stdout.match(unit)).toHaveLength(5);
  expect(stdout.trimEnd().split("\n")).toHaveLength(5);
});
