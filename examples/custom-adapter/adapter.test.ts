import { after, before, describe, it } from "node:test";
import { describeEngine } from "@quantumreef/engine-client/testing";
import { parrotDriver } from "./driver.ts";
import { startEngine } from "./engine.ts";

describe("the adapter", () => {
  let engine: Awaited<ReturnType<typeof startEngine>>;
  before(async () => {
    engine = await startEngine();
  });
  after(() => engine.close());

  describeEngine("parrot", {
    runner: { describe, it },
    createDriver: () => parrotDriver({ url: engine.url }),
    brain: { say: (text) => `say ${text}`, wait: (text) => `wait ${text}`, fail: () => "fail" },
    skip: [
      { reason: "Parrot has no tools.", tests: ["R16", "R23"] },
      { reason: "Parrot asks nobody.", tests: ["R17", "R18", "R19", "R20", "R24", "R30", "R35"] },
    ],
  });
});
