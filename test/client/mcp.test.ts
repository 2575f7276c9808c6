import { describe, expect, it } from "vitest";
import type { DriverMcp } from "../../src/engine/driver.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { McpServer, McpServerConfig } from "../../src/engine/mcp.ts";
import { createMockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, rejection, tampered } from "../hub/support.ts";

/** A client of an engine that has this server, whatever is done with it. */
function having(server: Partial<McpServer>): { client: ManagedEngineClient; asked: unknown[] } {
  const asked: unknown[] = [];
  const all = [{ name: "one", status: "connected", toolPrefix: "one_", ...server }];
  const answer =
    (what: string) =>
    async (...given: readonly unknown[]) => {
      asked.push([what, ...given.slice(0, -1)]);
      return all;
    };
  const mcp: DriverMcp = {
    status: answer("status"),
    add: answer("add"),
    connect: answer("connect"),
    disconnect: answer("disconnect"),
  };
  const engine = createMockEngine(undefined, { capabilities: { mcp: true } });
  return { client: clientOf(tampered(engine, () => ({ mcp }))), asked };
}

const stdio: McpServerConfig = { type: "stdio", command: "server", args: ["--x"] };
const starting: readonly [string, (client: ManagedEngineClient) => Promise<McpServer>][] = [
  ["add", (client) => client.mcp.add("one", stdio)],
  ["connect", (client) => client.mcp.connect("one")],
];

describe("client.mcp", () => {
  it("gives the server that something was done with", async () => {
    const { client, asked } = having({});
    const one = { name: "one", status: "connected", toolPrefix: "one_" };
    expect(await client.mcp.status()).toEqual([one]);
    expect(await client.mcp.add("one", stdio)).toEqual(one);
    expect(await client.mcp.connect("one")).toEqual(one);
    expect(await client.mcp.disconnect("one")).toEqual(one);
    expect(asked).toEqual([["status"], ["add", "one", stdio], ["connect", "one"], ["disconnect", "one"]]);
  });

  it.each(starting)("%s: one that failed is an error with its reason", async (_, start) => {
    const { client } = having({ status: "failed", error: "Connection closed" });
    expect(await rejection(start(client))).toMatchObject({
      code: "MCP_FAILED",
      message:
        'The MCP server "one" did not start: Connection closed. Mend its command or url, then connect or add it again.',
    });
    const silent = having({ status: "failed" });
    expect((await rejection(start(silent.client))).message).toContain("does not say why.");
    expect(await client.mcp.disconnect("one")).toMatchObject({ status: "failed" });
  });

  it.each(starting)("%s: one that wants a login says so", async (_, start) => {
    const { client } = having({ status: "needs_auth" });
    expect(await rejection(start(client))).toMatchObject({ code: "AUTH_REQUIRED" });
  });

  it("does not believe an engine that loses it", async () => {
    const { client } = having({ name: "other" });
    expect(await rejection(client.mcp.connect("one"))).toMatchObject({ code: "INVALID_RESPONSE" });
  });

  it.each<[string, unknown, string]>([
    ["one", { type: "stdio" }, "needs a command"],
    ["one", { type: "stdio", command: "" }, "needs a command"],
    ["one", { type: "stdio", command: "x", args: "y" }, "no list of texts"],
    ["one", { type: "stdio", command: "x", args: [1] }, "no list of texts"],
    ["one", { type: "remote" }, "needs a url"],
    ["one", { type: "remote", url: "ftp://a" }, "needs a url"],
    ["one", { type: "remote", url: "nope" }, "needs a url"],
    ["one", { command: "x" }, 'neither of the type "stdio" nor "remote"'],
    ["one", undefined, "neither of the type"],
    ["", stdio, "has a name"],
    ["..", stdio, "has a name"],
  ])("add(%j, %j) is refused before anything is sent", async (name, config, reason) => {
    const { client, asked } = having({});
    const failure = await rejection(client.mcp.add(name, config as McpServerConfig));
    expect(failure).toMatchObject({ code: "INVALID_REQUEST" });
    expect(failure.message).toContain(reason);
    expect(asked).toEqual([]);
  });

  it.each<[string, (client: ManagedEngineClient) => Promise<unknown>]>([
    ["status", (client) => client.mcp.status()],
    ...starting,
    ["disconnect", (client) => client.mcp.disconnect("one")],
  ])("%s is UNSUPPORTED where the engine has no such thing", async (_, call) => {
    const promising = createMockEngine(undefined, { capabilities: { mcp: true } });
    for (const engine of [createMockEngine(), promising]) {
      const failure = await rejection(call(clientOf(engine)));
      expect(failure).toMatchObject({ code: "UNSUPPORTED" });
      expect(failure.message).toContain('"mcp"');
    }
  });
});
