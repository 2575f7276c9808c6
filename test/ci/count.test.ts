import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it, onTestFinished } from "vitest";

const script = fileURLToPath(new URL("../../.ci/count.mjs", import.meta.url));

/** What the script prints of these reports, and of one that was never written. */
function count(...reports: readonly object[]): string {
  const folder = mkdtempSync(join(tmpdir(), "engine-client-count-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const paths = reports.map((report, index) => {
    const path = join(folder, `${index}.json`);
    writeFileSync(path, JSON.stringify(report));
    return path;
  });
  return execFileSync(process.execPath, [script, ...paths, join(folder, "*.json")], { encoding: "utf8" });
}

const report = (passed: number, failed: number, skipped = 0, todo = 0, files: readonly object[] = []) => ({
  numPassedTests: passed,
  numFailedTests: failed,
  numPendingTests: skipped,
  numTodoTests: todo,
  testResults: files,
});

it("adds up the reports", () => {
  expect(count(report(3, 0), report(4, 1))).toBe("7 passed, 1 failed\n");
});

it("names the skipped ones where there are some", () => {
  expect(count(report(3, 0, 1, 1), report(4, 0, 2))).toBe("7 passed, 0 failed, 4 skipped\n");
});

it("counts a file that could not be loaded as one that failed", () => {
  const broken = { status: "failed", assertionResults: [] };
  const counted = { status: "failed", assertionResults: [{ status: "passed" }, { status: "failed" }] };
  const hook = { status: "failed", assertionResults: [{ status: "skipped" }] };
  expect(count(report(1, 1, 1, 0, [broken, counted, hook]))).toBe("1 passed, 3 failed, 1 skipped\n");
});

it("is honest when nothing ran", () => expect(count()).toBe("0 passed, 0 failed\n"));
