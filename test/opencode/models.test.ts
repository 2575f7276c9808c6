import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { defaultModel, findModel, resolveModel } from "../../src/opencode/native/models.ts";

const models = [
  { providerID: "acme", modelID: "large" },
  { providerID: "acme", modelID: "org/large" },
  { providerID: "local", modelID: "large" },
  { providerID: "local", modelID: "acme/large" },
];

function refusal(name: string, among = models): unknown {
  try {
    return resolveModel(name, among);
  } catch (error) {
    return error;
  }
}

describe("resolveModel", () => {
  it.each([
    ["local/large", { providerID: "local", modelID: "large" }],
    ["large", { providerID: "acme", modelID: "large" }],
    ["org/large", { providerID: "acme", modelID: "org/large" }],
    ["acme/org/large", { providerID: "acme", modelID: "org/large" }],
    // A full name wins over a bare one that looks the same.
    ["acme/large", { providerID: "acme", modelID: "large" }],
  ])("finds %s", (name, found) => {
    expect(resolveModel(name, models)).toEqual(found);
    expect(findModel(name, models)).toEqual(found);
  });

  it("names the models that there are", () => {
    const error = refusal("larg");
    expect(EngineError.is(error, "INVALID_REQUEST")).toBe(true);
    expect(error).toMatchObject({
      message:
        'There is no model "larg": there are acme/large, acme/org/large, local/large, local/acme/large.',
    });
    expect(findModel("larg", models)).toBeUndefined();
  });

  it("says which variable gives a provider its models", () => {
    expect(refusal("anthropic/best")).toMatchObject({
      message: expect.stringMatching(/has no key for anthropic: Set ANTHROPIC_API_KEY/),
    });
    const has = [...models, { providerID: "anthropic", modelID: "other" }];
    expect(refusal("anthropic/best", has)).not.toMatchObject({ message: expect.stringContaining("KEY") });
    expect(refusal("toString/best")).not.toMatchObject({ message: expect.stringContaining("Set") });
  });

  it("names a dozen of many", () => {
    const many = Array.from({ length: 14 }, (_, index) => ({ providerID: "p", modelID: `m${index}` }));
    expect(refusal("x", many)).toMatchObject({ message: expect.stringMatching(/p\/m11 and 2 more\.$/) });
    expect(refusal("x", many.slice(0, 12))).toMatchObject({ message: expect.stringMatching(/p\/m11\.$/) });
  });

  it("says what to look at when there are none", () => {
    expect(refusal("x", [])).toMatchObject({ message: expect.stringContaining("is a provider configured?") });
  });
});

describe("the default model", () => {
  const provider = (id: string) => ({ id, models: {} });
  const providers = {
    providers: [provider("bundled"), provider("own"), provider("other")],
    default: { bundled: "free", own: "pick", other: "any" },
  };

  it.each([
    ["is the configured one, whose name may have slashes", { model: "own/org/large" }, "own", "org/large"],
    [
      "is the pick of the first provider that is configured",
      { provider: { other: true, own: true } },
      "own",
      "pick",
    ],
    ["is the pick of the first provider, where none is configured", { model: null }, "bundled", "free"],
  ])("%s", (_name, config, providerID, modelID) => {
    expect(defaultModel(providers, config)).toEqual({ providerID, modelID });
  });

  it("is none where there is none to pick", () => {
    expect(defaultModel({ providers: [] }, {})).toBeUndefined();
    expect(defaultModel({ providers: [provider("own")] }, {})).toBeUndefined();
    expect(defaultModel(providers, { provider: { absent: true } })).toBeUndefined();
  });
});
