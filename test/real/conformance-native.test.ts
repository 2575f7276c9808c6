import { openCodeDriver } from "@quantumreef/engine-client";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { describe, it } from "vitest";
import { withOthers } from "../../src/opencode/others/with-others.ts";
import { useRealEngine } from "./engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const real = useRealEngine({ config: scriptedPermissions });

/** What an `OpenCodeClient` is made of. */
describeEngine("the real engine, in its own protocol,", {
  runner: { describe, it },
  createDriver: () => {
    const { url, workspace } = real.engine;
    return withOthers(openCodeDriver({ baseUrl: url, workingDirectory: workspace.directory }));
  },
  brain: scriptedBrain,
  timeout: 30_000,
});
