/*
 * An MCP server for tests, built on the SDK: `node test/support/mcp-server.ts` speaks over its standard streams; with
 * `http` it listens on a port of its own, and prints its address. With `fail` it ends at once, and says why.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { McpServer } from "@modelcontextprotocol/sdk/server/mcp.js";
import { StdioServerTransport } from "@modelcontextprotocol/sdk/server/stdio.js";
import { StreamableHTTPServerTransport } from "@modelcontextprotocol/sdk/server/streamableHttp.js";
import * as z from "zod";
import { linesOf } from "./lines-of.ts";

const PIXEL =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

function calculator(): McpServer {
  const server = new McpServer({ name: "calculator", version: "1.0.0" });
  server.registerTool(
    "add",
    { description: "Adds two numbers.", inputSchema: { a: z.number(), b: z.number() } },
    ({ a, b }) => ({ content: [{ type: "text", text: String(a + b) }] }),
  );
  server.registerTool("fail.always", { description: "Fails." }, () => ({
    isError: true,
    content: [{ type: "text", text: "It does not work." }],
  }));
  server.registerTool("draw", { description: "Draws a pixel." }, () => ({
    content: [
      { type: "text", text: "Drawn." },
      { type: "image", data: PIXEL, mimeType: "image/png" },
    ],
  }));
  server.registerTool(
    "print",
    { description: "Prints so many characters.", inputSchema: { size: z.number() } },
    ({ size }) => ({ content: [{ type: "text", text: linesOf(size) }] }),
  );
  return server;
}

const [mode] = process.argv.slice(2);
if (mode === "fail") {
  process.stderr.write("The calculator is out of order.\n");
  process.exit(1);
}
if (mode !== "http") await calculator().connect(new StdioServerTransport());
else {
  const listener = createServer(async (request, response) => {
    // One server for each request: it keeps nothing between them.
    const transport = new StreamableHTTPServerTransport();
    response.on("close", () => void transport.close());
    await calculator().connect(transport);
    await transport.handleRequest(request, response);
  });
  listener.listen(0, "127.0.0.1", () => {
    const { port } = listener.address() as AddressInfo;
    process.stdout.write(`http://127.0.0.1:${port}/mcp\n`);
  });
}
