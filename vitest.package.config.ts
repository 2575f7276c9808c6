import { defineConfig } from "vitest/config";

/** What `npm run test:package` runs: the package as npm would publish it. It needs `npm run build` first. */
export default defineConfig({
  test: {
    name: "package",
    include: ["test/package/**/*.test.ts"],
    globalSetup: "test/package/install.ts",
    maxWorkers: 2,
    // A compiler run takes a few seconds, and slow machines run two of them at a time.
    maxConcurrency: 2,
    testTimeout: 120_000,
  },
});
