import { defineConfig } from "vitest/config";

/**
 * What `npm run test:faults` runs: the fault suite in its full length, about an hour on two cores, and what is too long or
 * too rough for `npm test`: a server that is killed, stopped or replaced, leaks over a thousand lives, a soak.
 */
export default defineConfig({
  ssr: { resolve: { conditions: ["@quantumreef/source"] } },
  test: {
    name: "faults",
    include: ["test/faults/**/*.test.ts", "test/faults/**/*.long.ts", "test/real/faults.test.ts"],
    globalSetup: "test/support/nobodys-home.ts",
    env: { FAULTS: "all" },
    pool: "forks",
    execArgv: ["--expose-gc"],
    maxWorkers: 2,
    testTimeout: 600_000,
    hookTimeout: 180_000,
  },
});
