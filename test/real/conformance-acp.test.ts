import type { EngineDriver } from "@quantumreef/engine-client";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { afterAll, describe, it } from "vitest";
import { useRealAcp } from "./acp-engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const real = useRealAcp(scriptedPermissions);

/** A process of its own is an engine of its own: those who are to see each other share one. */
let shared: EngineDriver | undefined;
afterAll(() => shared?.dispose?.());

describeEngine("the real opencode acp", {
  runner: { describe, it },
  createDriver: () => {
    shared ??= real.driver();
    const { id, name, capabilities, connect } = shared;
    return { id, name, capabilities, connect };
  },
  brain: scriptedBrain,
  timeout: 60_000,
  skip: [{ reason: "OpenCode's own `always` holds for the whole project.", tests: ["R19"] }],
});
