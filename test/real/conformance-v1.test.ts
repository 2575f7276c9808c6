import { openCodeDriver } from "@quantumreef/engine-client";
import { serveV1, type V1Server } from "@quantumreef/engine-client/server";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { afterAll, beforeAll, describe, it } from "vitest";
import { useRealEngine } from "./engine.ts";
import { scriptedBrain, scriptedPermissions } from "./scripted-brain.ts";

const real = useRealEngine({ config: scriptedPermissions });

/** Before the real engine stands a server of the `/v1` contract, and before that its client. */
let server: V1Server | undefined;
beforeAll(async () => {
  server = await serveV1(real.client(), { port: 0 });
});
afterAll(() => server?.close());

describeEngine("the real engine, behind a /v1 server,", {
  runner: { describe, it },
  createDriver: () => openCodeDriver({ protocol: "v1", baseUrl: server?.url }),
  brain: scriptedBrain,
  timeout: 30_000,
});
