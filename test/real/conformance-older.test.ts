import { openCodeDriver } from "@quantumreef/engine-client";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { describe, it } from "vitest";
import { withOthers } from "../../src/opencode/others/with-others.ts";
import { olderEngineBinary, olderRelease } from "../support/older-engine.ts";
import { useRealEngine } from "./engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const binary = olderEngineBinary();

describe.skipIf(binary === undefined)("an older release", () => {
  const real = useRealEngine({ config: scriptedPermissions, server: { ...(binary && { binary }) } });

  describeEngine(`OpenCode ${olderRelease}`, {
    runner: { describe, it },
    createDriver: () => {
      const { url, workspace } = real.engine;
      return withOthers(openCodeDriver({ baseUrl: url, workingDirectory: workspace.directory }));
    },
    brain: scriptedBrain,
    timeout: 30_000,
    skip: [{ reason: "This release takes no rules once a session is there.", tests: ["R19"] }],
  });
});
