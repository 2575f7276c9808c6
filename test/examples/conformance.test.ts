import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const example = fileURLToPath(new URL("../../examples/conformance.ts", import.meta.url));

it("the conformance suite runs under Node's test runner, and the process exits by itself", {
  timeout: 60_000,
}, () => {
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const args = ["--conditions=@quantumreef/source", "--test", "--test-reporter=tap", example];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: "utf8", env });
  expect({ stderr, status }, stdout).toEqual({ stderr: "", status: 0 });
  expect(stdout).toMatch(/^ +ok \d+ - R01 a new session is idle/m);
  expect(stdout).toMatch(/^ +ok \d+ - R23 .+ \(skipped: Its tools are done at once\.\)$/m);
  expect(stdout).toMatch(/^# pass 45$/m);
  expect(stdout).toMatch(/^# fail 0$/m);
});
