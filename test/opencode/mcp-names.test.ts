import { describe, expect, it } from "vitest";
import { mayBeMcp, mcpToolOf, toolPrefix } from "../../src/opencode/native/mcp-names.ts";

describe("the names of tools of MCP servers", () => {
  it.each([
    ["github", "github_"],
    ["my.calc", "my_calc_"],
    ["a b/c-d_e", "a_b_c-d_e_"],
    ["größe", "gr__e_"],
  ])("of %j begin with %j", (server, prefix) => expect(toolPrefix(server)).toBe(prefix));

  it.each<[string, readonly string[], { server: string; tool: string } | undefined]>([
    ["calc_add", ["calc"], { server: "calc", tool: "add" }],
    ["my_calc_add", ["my.calc", "calc"], { server: "my.calc", tool: "add" }],
    // Of two that fit, the longer name.
    ["a_b_c", ["a", "a_b"], { server: "a_b", tool: "c" }],
    ["a_b_c", ["a_b", "a"], { server: "a_b", tool: "c" }],
    // Of two that the engine can't tell apart, the first.
    ["a_b_c", ["a.b", "a b"], { server: "a.b", tool: "c" }],
    ["calc_", ["calc"], undefined],
    ["calc", ["calc"], undefined],
    ["calculator_add", ["calc"], undefined],
    ["bash", ["calc"], undefined],
    ["calc_add", [], undefined],
  ])("%s with %j", (name, servers, expected) => {
    expect(mcpToolOf(name, servers)).toEqual(expected);
    if (expected !== undefined) expect(mayBeMcp(name)).toBe(true);
  });

  it.each(["bash", "_x", ""])("%j can't be one", (name) => expect(mayBeMcp(name)).toBe(false));
});
