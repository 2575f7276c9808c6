// Adds up vitest's JSON reports: `node .ci/count.mjs REPORT...` prints `N passed, N failed`, and `, N skipped` if any.
// A report that is not there (its run never began) counts as nothing.
import { existsSync, readFileSync } from "node:fs";

let passed = 0;
let failed = 0;
let skipped = 0;
for (const path of process.argv.slice(2).filter((path) => existsSync(path))) {
  const report = JSON.parse(readFileSync(path, "utf8"));
  passed += report.numPassedTests;
  failed += report.numFailedTests + report.testResults.filter(failedAsAWhole).length;
  skipped += report.numPendingTests + report.numTodoTests;
}
const rest = skipped > 0 ? `, ${skipped} skipped` : "";
process.stdout.write(`${passed} passed, ${failed} failed${rest}\n`);

/** A file that could not be loaded, or whose hooks failed: vitest counts none of its tests as failed. */
function failedAsAWhole({ status, assertionResults }) {
  return status === "failed" && !assertionResults.some((test) => test.status === "failed");
}
