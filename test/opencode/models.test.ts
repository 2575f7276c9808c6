import { describe, expect, it } from "vitest";
import { EngineError } from "../../src/engine/errors.ts";
import { findModel, resolveModel } from "../../src/opencode/native/models.ts";

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

  it("names a dozen of many", () => {
    const many = Array.from({ length: 14 }, (_, index) => ({ providerID: "p", modelID: `m${index}` }));
    expect(refusal("x", many)).toMatchObject({ message: expect.stringMatching(/p\/m11 and 2 more\.$/) });
    expect(refusal("x", many.slice(0, 12))).toMatchObject({ message: expect.stringMatching(/p\/m11\.$/) });
  });

  it("says what to look at when there are none", () => {
    expect(refusal("x", [])).toMatchObject({ message: expect.stringContaining("is a provider configured?") });
  });
});
