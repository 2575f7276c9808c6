import { configDefaults, defineConfig, type TestProjectInlineConfiguration } from "vitest/config";

const unit: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "unit",
    include: ["test/**/*.test.ts"],
    exclude: [...configDefaults.exclude, "test/real/**", "test/package/**"],
    testTimeout: 15_000,
  },
};

const types: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "types",
    include: [],
    typecheck: {
      enabled: true,
      only: true,
      include: ["test/types/**/*.test-d.ts"],
      tsconfig: "./test/types/tsconfig.json",
      // Of errors elsewhere `npm run typecheck` tells.
      ignoreSourceErrors: true,
      spawnTimeout: 60_000,
    },
  },
};

/** The installed engine, no mocks. Two files at a time: a real server takes 0.5 to 2 GB of memory. */
const real: TestProjectInlineConfiguration = {
  extends: true,
  test: {
    name: "real",
    include: ["test/real/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // A start may have to wait for one of the two places that real servers have on a machine.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // After the others: a test that waits for a real process should not share two cores with property tests.
    sequence: { groupOrder: 1 },
  },
};

const leaveOutReal = process.env.OPENCODE_REAL === "0";
if (leaveOutReal) process.stderr.write("OPENCODE_REAL=0: the tests against the real engine are LEFT OUT.\n");

/** What `npm test` runs. The package checks have a config of their own: vitest.package.config.ts. */
export default defineConfig({
  // Tests import the package by its name; with this condition that is `src`, and no build is needed first.
  ssr: { resolve: { conditions: ["@quantumreef/source"] } },
  test: {
    maxWorkers: "100%",
    globalSetup: "test/support/nobodys-home.ts",
    projects: leaveOutReal ? [unit, types] : [unit, types, real],
  },
});
