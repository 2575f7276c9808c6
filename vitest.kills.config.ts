import { defineConfig } from "vitest/config";

/**
 * What `npm run test:kills` runs: 200 programs that die at a random moment, each with a real engine, and an engine that
 * crashes again and again. About 15 minutes.
 */
export default defineConfig({
  ssr: { resolve: { conditions: ["@quantumreef/source"] } },
  test: {
    name: "kills",
    include: ["test/real/process-kills.test.ts", "test/real/crash-loop.long.ts"],
    globalSetup: "test/support/nobodys-home.ts",
    env: { KILLS: process.env.KILLS ?? "200" },
    pool: "forks",
    maxWorkers: 1,
  },
});
