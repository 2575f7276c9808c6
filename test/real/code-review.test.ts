import { expect, it } from "vitest";
import { createWorkspace } from "../support/throwaway.ts";
import { runExample } from "./run-example.ts";

it("the review example tells its findings as JSON, and fails for an error among them", async () => {
  const { code, out, err } = await runExample("code-review.ts");
  expect(err).toBe("read average.js\n20 tokens in, 10 out\n");
  expect(JSON.parse(out)).toEqual([
    { file: "average.js", line: 2, severity: "error", message: expect.stringContaining("assigns") },
  ]);
  expect(code).toBe(1);
});

it("the review example is content with a change that has no fault, and with none at all", async () => {
  expect(await runExample("code-review.ts", ["--clean"])).toMatchObject({ code: 0, out: "[]\n" });
  await using unchanged = await createWorkspace({ git: true, files: { "a.txt": "a\n" } });
  expect(await runExample("code-review.ts", [unchanged.directory])).toEqual({
    code: 0,
    out: "[]\n",
    err: "",
  });
});

it("the review example says so where there is no review: no repository, or it was cancelled", async () => {
  await using folder = await createWorkspace({ files: { "a.txt": "a\n" } });
  const none = await runExample("code-review.ts", [folder.directory]);
  expect(none).toMatchObject({ code: 2, out: "", err: expect.stringContaining("git diff") });
  const cancelled = await runExample("code-review.ts", [], "read average.js");
  expect(cancelled).toMatchObject({
    code: 143,
    out: "",
    err: "read average.js\nThe process was ended by SIGTERM.\n",
  });
});
