import { openCodeDriver } from "@quantumreef/engine-client";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { describe, it } from "vitest";
import { useRealEngine } from "./engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const real = useRealEngine({ config: scriptedPermissions });

describeEngine("the real engine, in its own protocol,", {
  runner: { describe, it },
  createDriver: () =>
    openCodeDriver({ baseUrl: real.engine.url, workingDirectory: real.engine.workspace.directory }),
  brain: scriptedBrain,
  timeout: 30_000,
});
