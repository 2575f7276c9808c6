import { openCodeDriver } from "@quantumreef/engine-client";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { describe, it } from "vitest";
import { createV1Handler, type V1Handler } from "../../src/server/handler.ts";
import { useRealEngine } from "./engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const real = useRealEngine({ config: scriptedPermissions });

/** Before the real engine stands a server of the `/v1` contract, and before that its client. */
let handle: V1Handler | undefined;
const fetch: typeof globalThis.fetch = (input, init) => {
  handle ??= createV1Handler(real.client());
  return handle(new Request(input, init));
};

describeEngine("the real engine, behind /v1,", {
  runner: { describe, it },
  createDriver: () => openCodeDriver({ protocol: "v1", fetch }),
  brain: scriptedBrain,
  timeout: 30_000,
});
