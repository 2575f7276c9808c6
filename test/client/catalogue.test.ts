import { type Agent, createEngineClient, type Model, type Provider } from "@quantumreef/engine-client";
import { createMockEngine } from "@quantumreef/engine-client/testing";
import { describe, expect, it } from "vitest";

const models: Model[] = [{ id: "p/m", name: "M", isDefault: true, variants: ["high"] }];
const providers: Provider[] = [{ id: "p", name: "P", credentials: { source: "none", variables: [] } }];
const agents: Agent[] = [{ id: "build", role: "primary", isDefault: true }];

describe("an engine with models, providers and agents", () => {
  it("lists them, and a prompt chooses among them", async () => {
    const chosen: unknown[] = [];
    const engine = createMockEngine(
      ({ agent, variant, model }) => {
        chosen.push({ agent, variant, model });
        return [{ text: "Done." }];
      },
      { models, providers, agents },
    );
    await using client = createEngineClient(engine);
    expect(await client.models.list()).toEqual(models);
    expect(await client.providers.list()).toEqual(providers);
    expect(await client.agents.list()).toEqual(agents);
    const session = await client.session.create();
    const options = { agent: "build", variant: "high", model: "p/m" };
    await client.session.prompt(session, "Go on", options).text();
    expect(chosen).toEqual([options]);
  });
});

describe("an engine without", () => {
  it.each(["models", "providers", "agents"] as const)("says that it has no %s", async (what) => {
    await using client = createEngineClient(createMockEngine());
    const refusal = { code: "UNSUPPORTED", message: expect.stringContaining(`"${what}"`) };
    await expect(client[what].list()).rejects.toMatchObject(refusal);
  });

  it.each([
    [{ agent: "build" }, "agents"],
    [{ variant: "high" }, "variants"],
  ])("takes no prompt with %j", async (options, capability) => {
    const engine = createMockEngine();
    await using client = createEngineClient(engine);
    const session = await client.session.create();
    const call = client.session.prompt(session, "Go on", options);
    const refusal = { code: "UNSUPPORTED", message: expect.stringContaining(`"${capability}"`) };
    await expect(call.text()).rejects.toMatchObject(refusal);
    expect(engine.calls).not.toContain(`prompt ${session.id}`);
  });
});
