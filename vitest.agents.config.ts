import { defineConfig } from "vitest/config";

/** Runs agents that are installed by hand, which `npm test` does not: see `test/acp/known-agents.long.ts`. */
export default defineConfig({
  ssr: { resolve: { conditions: ["@quantumreef/source"] } },
  test: {
    name: "agents",
    include: ["test/acp/known-agents.long.ts"],
    globalSetup: "test/support/nobodys-home.ts",
    pool: "forks",
    maxWorkers: 1,
    testTimeout: 180_000,
    hookTimeout: 60_000,
  },
});
