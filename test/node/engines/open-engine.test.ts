import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createEngineClient } from "../../../src/create-engine-client.ts";
import { EngineError } from "../../../src/engine/errors.ts";
import { defineEngines } from "../../../src/engines/define-engines.ts";
import { openEngine } from "../../../src/node/engines/open-engine.ts";
import { createMockEngine } from "../../../src/testing/mock-engine.ts";
import { createWorkspace } from "../../support/throwaway.ts";

type Fault = "absent" | "ill" | "raving" | EngineError;

/** An application with two engines, one of which is chosen and the other named for when that can't be used. */
async function setUp(faults: Readonly<Record<string, Fault | undefined>>, fallbackEngine?: string) {
  const config = { engine: "first", fallbackEngine, engineConfig: { second: { a: 1 } } };
  const place = await createWorkspace({ files: { ".quantumreef/config.json": JSON.stringify(config) } });
  onTestFinished(() => place.remove());
  const disposed: string[] = [];
  const factory = (id: string) => (given: object) => {
    const fault = faults[id];
    if (fault instanceof EngineError) throw fault;
    if (fault === "absent") throw new EngineError("PROCESS_FAILED", `${id} is not installed.`);
    const driver = { ...createMockEngine(), id };
    if (fault === "ill")
      driver.connect = () => Promise.reject(new EngineError("ENGINE_UNAVAILABLE", "Nobody there."));
    const client = createEngineClient({ ...driver, dispose: async () => void disposed.push(id) });
    onTestFinished(() => client.dispose());
    const raving = { health: () => Promise.reject(new Error("No health.")) };
    return Object.assign(client, { given }, fault === "raving" ? raving : {});
  };
  const engines = defineEngines({ first: factory("first"), second: factory("second") });
  const onFallback = vi.fn();
  const env = { HOME: place.path("nobody"), QUANTUMREEF_ENGINE: "", QUANTUMREEF_CONFIG: "" };
  const open = () => openEngine(engines, { workingDirectory: place.directory, env, onFallback });
  return { open, onFallback, disposed };
}

describe("openEngine", () => {
  it("opens the engine that is chosen when it is well", async () => {
    const { open, onFallback } = await setUp({}, "second");
    expect((await open()).id).toBe("first");
    expect(onFallback).not.toHaveBeenCalled();
  });

  it.each([
    ["can't be started", "absent", "first is not installed."],
    ["fails its health check", "ill", "The engine first can't be used: Nobody there."],
    ["can't even be asked for its health", "raving", "The engine first can't be used: No health."],
  ] as const)("opens the fallback when it %s, and says why", async (_, fault, message) => {
    const { open, onFallback, disposed } = await setUp({ first: fault }, "second");
    const client = await open();
    expect(client).toMatchObject({ id: "second", given: { a: 1 } });
    expect(onFallback.mock.calls).toMatchObject([[{ message }, { id: "second" }, { id: "first" }]]);
    expect(disposed).toEqual(fault === "absent" ? [] : ["first"]);
  });

  it("fails as the chosen engine does where no other one is named", async () => {
    const { open, onFallback } = await setUp({ first: "absent" });
    await expect(open()).rejects.toMatchObject({ code: "PROCESS_FAILED" });
    expect(onFallback).not.toHaveBeenCalled();
  });

  it("fails as the fallback does when neither can be used", async () => {
    const { open, disposed } = await setUp({ first: "absent", second: "ill" }, "second");
    await expect(open()).rejects.toMatchObject({ code: "ENGINE_UNAVAILABLE", engine: "second" });
    expect(disposed).toEqual(["second"]);
  });

  it("does not cover up what is wrong with a configuration", async () => {
    const wrong = new EngineError("CONFIG_INVALID", "The port is no number.");
    const { open, onFallback } = await setUp({ first: wrong }, "second");
    await expect(open()).rejects.toBe(wrong);
    expect(onFallback).not.toHaveBeenCalled();
  });
});
