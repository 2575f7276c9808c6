import { describe, expect, it } from "vitest";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { McpServerConfig } from "../../src/engine/mcp.ts";
import {
  itFails,
  itIsAnnounced,
  meansMissing,
  offers,
  plain,
  type Sent,
  stage,
  withBody,
} from "./support.ts";

const [files] = offers.mcpServers;
const stdio = {
  type: "stdio",
  command: "server",
  args: ["-v"],
  env: { A: "b" },
  cwd: "/x",
  timeout: 5,
} as const;
const remote = {
  type: "remote",
  url: "https://mcp.test",
  headers: { authorization: "x" },
  oauth: false,
  timeout: 5,
} as const;
const failed = { name: "files", status: "failed", error: "It ended at once.", toolPrefix: "files_" };

function itTakesEverything(
  call: (client: ManagedEngineClient) => Promise<unknown>,
  route: "listMcpServers",
): void {
  it("takes every field; null is missing, and what is not known is left out", async () => {
    const { client, answer } = stage();
    const dreaming = { ...files, status: "dreaming" };
    answer(route, () => Response.json([failed, { ...dreaming, error: null, pid: 1 }]));
    expect(await call(client)).toEqual([failed, dreaming]);
  });
}

describe("GET /v1/mcp", () => {
  const call = (client: ManagedEngineClient) => client.mcp.status();

  it.each<[string, string | undefined, Sent["query"]]>([
    ["of the server's directory", undefined, {}],
    ["of another directory", "/src/a", { workingDirectory: "/src/a" }],
  ])("lists the servers %s", async (_, workingDirectory, query) => {
    const { client, sent } = stage();
    expect(await client.mcp.status({ workingDirectory })).toEqual([files]);
    expect(sent("listMcpServers")).toEqual([plain("GET", "/v1/mcp", query)]);
  });

  itTakesEverything(call, "listMcpServers");
  itIsAnnounced("listMcpServers", { call });
  itFails("listMcpServers", { call, except: meansMissing });
});

describe("POST /v1/mcp", () => {
  const call = (client: ManagedEngineClient) => client.mcp.add("files", stdio);

  it.each<[string, McpServerConfig]>([
    ["a program", stdio],
    ["an address", remote],
    ["the least", { type: "stdio", command: "server" }],
  ])("adds %s", async (_, config) => {
    const { client, sent, engine } = stage({ client: { workingDirectory: "/src/a" } });
    const added = { name: "new", status: "connected", toolPrefix: "new_" };
    expect(await client.mcp.add("new", config)).toEqual(added);
    expect(sent("addMcpServer")).toEqual([
      { ...withBody("POST", "/v1/mcp", { name: "new", config }), query: { workingDirectory: "/src/a" } },
    ]);
    expect(engine.calls).toContain("add new");
    expect(await client.mcp.status()).toEqual([files, added]);
  });

  it("answers with a server that did not start, and why; the client rejects", async () => {
    const { client } = stage();
    await expect(client.mcp.add("files", { type: "stdio", command: "false" })).rejects.toMatchObject({
      code: "MCP_FAILED",
      message: expect.stringContaining("It ended at once."),
    });
    expect(await client.mcp.status()).toEqual([failed]);
  });

  it("answers with one that wants somebody to log in: that is not about this server's own credentials", async () => {
    const { client, answer } = stage();
    answer("addMcpServer", () => Response.json([{ ...files, status: "needs_auth" }]));
    const refused = client.mcp.add("files", stdio);
    await expect(refused).rejects.toMatchObject({ code: "AUTH_REQUIRED", status: undefined });
  });

  itIsAnnounced("addMcpServer", { call });
  itFails("addMcpServer", { call, except: meansMissing });
});

describe("POST /v1/mcp/:name/connect", () => {
  const call = (client: ManagedEngineClient) => client.mcp.connect("files");

  it("starts a server, whatever its name is made of", async () => {
    const name = "my files/ä";
    const { client, sent, engine } = stage({ engine: { mcpServers: [{ ...failed, name }] } });
    expect(await client.mcp.connect(name)).toMatchObject({ name, status: "connected" });
    const path = "/v1/mcp/my%20files%2F%C3%A4/connect";
    expect(sent("connectMcpServer")).toEqual([plain("POST", path)]);
    expect(engine.calls).toContain(`connect ${name}`);
  });

  it("refused with 400: there is no such server", async () => {
    const { client } = stage();
    await expect(client.mcp.connect("none")).rejects.toMatchObject({
      code: "INVALID_REQUEST",
      message: expect.stringContaining('"none"'),
    });
  });

  itIsAnnounced("connectMcpServer", { call });
  itFails("connectMcpServer", { call, except: meansMissing });
});

describe("POST /v1/mcp/:name/disconnect", () => {
  const call = (client: ManagedEngineClient) => client.mcp.disconnect("files");

  it("ends a server", async () => {
    const { client, sent, engine } = stage();
    const options = { workingDirectory: "/src/a" };
    expect(await client.mcp.disconnect("files", options)).toEqual({ ...files, status: "disabled" });
    expect(sent("disconnectMcpServer")).toEqual([plain("POST", "/v1/mcp/files/disconnect", options)]);
    expect(engine.calls).toContain("disconnect files");
  });

  it("refused with 400: there is no such server", async () => {
    const { client } = stage();
    await expect(client.mcp.disconnect("none")).rejects.toMatchObject({ code: "INVALID_REQUEST" });
  });

  itIsAnnounced("disconnectMcpServer", { call });
  itFails("disconnectMcpServer", { call, except: meansMissing });
});
