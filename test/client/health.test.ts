import { describe, expect, it, vi } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, stage, stoppedClock, tampered } from "../hub/support.ts";

const forever = () => new Promise<never>(() => {});

describe("client: health()", () => {
  it("is what the engine says", async () => {
    const { client } = await stage();
    expect(await client.health()).toEqual({ ok: true, latencyMs: 0 });
  });

  it.each([
    ["to connect", { connect: forever }, {}],
    ["to answer", {}, { health: forever }],
  ])("resolves within 5 s when the engine does not come %s", async (_, driver, connection) => {
    stoppedClock();
    const engine = createMockEngine();
    const client = clientOf({ ...tampered(engine, () => connection), ...driver });
    const health = client.health();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(await health).toMatchObject({ ok: false, error: expect.stringContaining("5000 ms") });
    expect(vi.getTimerCount()).toBe(0);
    const disposed = client.dispose();
    await vi.advanceTimersByTimeAsync(5_000);
    await disposed;
  });

  it("resolves with the reason when the engine is down, and recovers", async () => {
    const engine = createMockEngine();
    const client = clientOf(engine);
    engine.refuse(new EngineError("ENGINE_UNAVAILABLE", "Nobody answers."));
    const health = await client.health();
    expect(health).toMatchObject({ ok: false, error: "Nobody answers." });
    expect(health.latencyMs).toBeGreaterThanOrEqual(0);
    engine.refuse();
    expect((await client.health()).ok).toBe(true);
  });

  it("resolves after dispose()", async () => {
    const { client } = await stage();
    await client.dispose();
    expect(await client.health()).toMatchObject({ ok: false, error: expect.stringContaining("disposed") });
  });
});
