import { describe, expect, it } from "vitest";
import { resolveAgent } from "../../src/opencode/native/agents.ts";
import { decodeModel } from "../../src/opencode/native/decode-model.ts";
import { decodeProvider } from "../../src/opencode/native/decode-provider.ts";
import { agentsSchema, configSchema, providersSchema } from "../../src/opencode/native/schema/catalogue.ts";

const read = (provider: object) => {
  const [wire] = providersSchema.parse({ providers: [{ id: "acme", models: {}, ...provider }] }).providers;
  if (wire === undefined) throw new Error("There is a provider.");
  return wire;
};

describe("where a provider has its credentials from", () => {
  it.each([
    ["environment", { source: "env", env: ["ACME_KEY"], key: "s3cret" }],
    ["login", { source: "api", env: ["ACME_KEY"], key: "s3cret" }],
    ["configuration", { source: "config", options: { apiKey: "s3cret" } }],
    ["configuration", { source: "config", key: "s3cret", options: { headers: { "X-Api-Key": "s3cret" } } }],
    ["login", { source: "config", env: [], key: "s3cret", options: {} }],
    ["unknown", { source: "config", env: ["ACME_KEY"], key: "s3cret", options: {} }],
    ["none", { source: "config", env: ["ACME_KEY"], key: "", options: { headers: { accept: "json" } } }],
    ["none", { source: "custom", options: { apiKey: "public" } }],
    ["engine", { source: "custom", options: { region: "here" } }],
    ["engine", { source: "custom", options: null }],
    ["none", {}],
  ])("%s: %j", (source, provider) => {
    const wire = read(provider);
    // Not even on the way.
    expect(JSON.stringify(wire)).not.toContain("s3cret");
    expect(decodeProvider(wire, undefined)).toEqual({
      id: "acme",
      name: "acme",
      credentials: { source, variables: "env" in provider ? provider.env : [] },
    });
  });

  it("comes with the name and the model that is picked of it", () => {
    expect(decodeProvider(read({ name: "Acme" }), "org/large")).toMatchObject({
      name: "Acme",
      defaultModel: "acme/org/large",
    });
  });

  it("is all that is kept of a configuration, too", () => {
    const config = configSchema.parse({
      model: "a/b",
      provider: { a: { options: { apiKey: "s3cret" } } },
      x: "s3cret",
    });
    expect(config).toEqual({ model: "a/b", provider: { a: true } });
  });
});

describe("a model", () => {
  it("has what the engine knows of it", () => {
    const { models } = read({
      models: {
        full: {
          name: "Full",
          limit: { context: 9, input: 8, output: 7 },
          capabilities: { reasoning: true, toolcall: true, input: { text: true, pdf: true, audio: false } },
          cost: { input: 1, output: 2, cache: { read: 0.1, write: 0.2 } },
          status: "beta",
          variants: { low: { reasoningEffort: "low" } },
        },
        cheap: { limit: { context: 0, output: 0 }, capabilities: {}, cost: { input: 0, output: 0 } },
        bare: {},
      },
    });
    expect(decodeModel(models.full ?? {})).toEqual({
      limits: { context: 9, input: 8, output: 7 },
      inputs: ["text", "pdf"],
      reasoning: true,
      toolUse: true,
      cost: { input: 1, output: 2, cacheRead: 0.1, cacheWrite: 0.2 },
      status: "beta",
      variants: ["low"],
    });
    expect(decodeModel(models.cheap ?? {})).toEqual({
      reasoning: false,
      toolUse: false,
      cost: { input: 0, output: 0 },
    });
    expect(decodeModel(models.bare ?? {})).toEqual({});
  });
});

describe("an agent", () => {
  it("that does not exist is refused, and those that do are named", () => {
    const agents = [{ id: "build", role: "primary", isDefault: true } as const];
    expect(resolveAgent("build", agents)).toBe(agents[0]);
    expect(() => resolveAgent("biuld", agents)).toThrow('There is no agent "biuld": there are build.');
  });

  it("is read without its instructions", () => {
    expect(
      agentsSchema.parse([{ name: "a", mode: "all", prompt: "s3cret", options: { apiKey: "s3cret" } }]),
    ).toEqual([{ name: "a", mode: "all" }]);
  });
});
