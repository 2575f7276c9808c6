import { describe, expect, it } from "vitest";
import { keyAdvice, keyInEnvironment, providerKeys } from "../../src/opencode/provider-keys.ts";

describe("the keys of providers", () => {
  it("are advised of for all that are known, and for no other", () => {
    for (const [id, { variables }] of providerKeys) {
      for (const variable of variables.flat()) expect(keyAdvice(id)).toContain(variable);
    }
    expect(keyAdvice("local")).toBeUndefined();
    expect(keyAdvice("toString")).toBeUndefined();
  });

  it("are found when one set of variables is complete", () => {
    expect(keyInEnvironment("anthropic", { ANTHROPIC_API_KEY: "k" })).toEqual(["ANTHROPIC_API_KEY"]);
    expect(keyInEnvironment("anthropic", { ANTHROPIC_API_KEY: "" })).toBeUndefined();
    expect(keyInEnvironment("amazon-bedrock", { AWS_ACCESS_KEY_ID: "a" })).toBeUndefined();
    expect(keyInEnvironment("amazon-bedrock", { AWS_ACCESS_KEY_ID: "a", AWS_PROFILE: "p" })).toEqual([
      "AWS_PROFILE",
    ]);
    expect(keyInEnvironment("local", { LOCAL_API_KEY: "k" })).toBeUndefined();
  });
});
