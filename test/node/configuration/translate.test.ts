import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { translateConfiguration } from "../../../src/node/configuration/translate.ts";
import { isMcpOfEngine } from "../../../src/node/configuration/translate-mcp.ts";

const translated = (config: Record<string, unknown>) => translateConfiguration(config).config;

describe("the published form of providers", () => {
  it.each([
    ["a key", { apiKey: "k" }, { options: { apiKey: "k" } }],
    ["an address", { baseUrl: "http://x" }, { options: { baseURL: "http://x" } }],
    [
      "anything else that is no key of the engine's",
      { region: "eu", timeout: 5, name: "N", npm: "p" },
      { name: "N", npm: "p", options: { region: "eu", timeout: 5 } },
    ],
    ["a list of models", { models: ["a", "b"] }, { models: { a: {}, b: {} } }],
    [
      "both forms, of which the engine's wins",
      { apiKey: "k", x: 1, options: { apiKey: "own" } },
      { options: { apiKey: "own", x: 1 } },
    ],
  ])("%s", (_, written, provider) => {
    expect(translated({ providers: { acme: written } })).toEqual({ provider: { acme: provider } });
    expect(translated({ provider: { acme: written } })).toEqual({ provider: { acme: provider } });
  });

  it("is mixed with the engine's own, which wins", () => {
    const config = {
      providers: { acme: { apiKey: "published", region: "eu" }, other: { apiKey: "o" } },
      provider: { acme: { options: { apiKey: "own" }, models: { m: {} } } },
    };
    expect(translateConfiguration(config)).toEqual({
      config: {
        provider: {
          acme: { options: { apiKey: "own", region: "eu" }, models: { m: {} } },
          other: { options: { apiKey: "o" } },
        },
      },
      // What the engine reads in its own form must not be handed to it again.
      ignored: { provider: { acme: { options: { region: "eu" } }, other: { options: { apiKey: "o" } } } },
      problems: [],
    });
  });
});

describe("the published form of MCP servers", () => {
  it.each([
    [
      "a command with arguments",
      { command: "npx", args: ["-y", "srv"] },
      { type: "local", command: ["npx", "-y", "srv"], enabled: true },
    ],
    ["a command alone", { command: "srv" }, { type: "local", command: ["srv"], enabled: true }],
    [
      "a list without a type",
      { command: ["npx", "srv"] },
      { type: "local", command: ["npx", "srv"], enabled: true },
    ],
    [
      "variables, of which the engine's form wins",
      { command: "srv", env: { A: "1", B: "2" }, environment: { B: "3" } },
      { type: "local", command: ["srv"], environment: { A: "1", B: "3" }, enabled: true },
    ],
    [
      "one that is off",
      { command: "srv", enabled: false },
      { type: "local", command: ["srv"], enabled: false },
    ],
    [
      "stdio",
      { type: "stdio", command: "srv", timeout: 5 },
      { type: "local", command: ["srv"], timeout: 5, enabled: true },
    ],
    [
      "an address",
      { url: "http://x", headers: { a: "b" } },
      { type: "remote", url: "http://x", headers: { a: "b" }, enabled: true },
    ],
    ["http", { type: "http", url: "http://x" }, { type: "remote", url: "http://x", enabled: true }],
  ])("%s", (_, written, entry) => {
    expect(translateConfiguration({ mcp: { x: written } })).toEqual({
      config: { mcp: { x: entry } },
      ignored: { mcp: { x: entry } },
      problems: [],
    });
    expect(isMcpOfEngine(entry)).toBe(true);
    expect(translateConfiguration({ mcp: { x: entry } })).toMatchObject({ ignored: {} });
  });

  it.each([
    { type: "local", command: ["a", "b"] },
    { type: "local", command: ["a"], environment: { A: "1" }, enabled: false },
    { type: "remote", url: "http://x" },
    { enabled: false },
  ])("leaves the engine's own as it is: %j", (entry) => {
    expect(translateConfiguration({ mcp: { x: entry } })).toEqual({
      config: { mcp: { x: entry } },
      ignored: {},
      problems: [],
    });
  });

  it.each([
    [{ args: ["a"] }, /args, but no command/],
    [{ env: { A: "1" } }, /env, but no command/],
    [{ command: 7 }, /neither a text nor a list/],
    [{ command: [] }, /empty/],
    [{ command: "a", args: "b" }, /args are no list/],
  ])("says what is wrong with %j", (entry, problem) => {
    const { config, problems } = translateConfiguration({ mcp: { "my server": entry } });
    expect(problems).toEqual([{ path: ["mcp", "my server"], problem: expect.stringMatching(problem) }]);
    expect(config).toEqual({ mcp: { "my server": entry } });
  });
});

describe("sharing", () => {
  it.each([
    [{ autoshare: true }, { share: "auto" }],
    [{ autoshare: false }, { share: "manual" }],
    [{ autoshare: true, share: "disabled" }, { share: "disabled" }],
    [{ share: true }, { share: "auto" }],
    [{ share: "manual" }, { share: "manual" }],
    [{ autoshare: "odd" }, { autoshare: "odd" }],
  ])("%j is %j", (written, config) => expect(translated(written)).toEqual(config));
});

it("reads a permission for everything as OpenCode does, so that it merges with others", () => {
  expect(translated({ permission: "ask" })).toEqual({ permission: { "*": "ask" } });
  expect(translated({ permission: { bash: "ask" } })).toEqual({ permission: { bash: "ask" } });
});

it("translates what is translated to itself, and never fails", () => {
  const entry = fc.record(
    {
      type: fc.constantFrom("local", "remote", "stdio", "http", "odd", 7),
      command: fc.oneof(fc.string(), fc.array(fc.string()), fc.constant(7)),
      args: fc.oneof(fc.array(fc.string()), fc.string()),
      env: fc.dictionary(fc.string(), fc.string()),
      url: fc.webUrl(),
      enabled: fc.boolean(),
      apiKey: fc.string(),
      options: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.string()),
      models: fc.oneof(fc.array(fc.string()), fc.constant(null)),
    },
    { requiredKeys: [] },
  );
  const odd = fc.constantFrom<unknown>(null, 7, "text", [], ["a"], {}, { x: 1 });
  const section = fc.oneof(fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(entry, odd)), odd);
  const config = fc.record(
    { providers: section, provider: section, mcp: section, autoshare: odd, other: odd },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(config, (written) => {
      const once = translateConfiguration(written).config;
      expect(translateConfiguration(once).config).toEqual(once);
      expect(once.other).toEqual(written.other);
      expect(once).not.toHaveProperty("providers");
    }),
  );
});
