import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";

it("the adapter example answers, and exits by itself", async () => {
  const example = fileURLToPath(new URL("../../examples/adapter.ts", import.meta.url));
  const run = await promisify(execFile)(process.execPath, ["--conditions=@quantumreef/source", example]);
  expect(run).toEqual({ stdout: "What you say is what you get.\ncompleted\n", stderr: "" });
});
