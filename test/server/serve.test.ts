import { once } from "node:events";
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { OpenCodeClient } from "../../src/opencode/client.ts";
import { type ServeV1Options, serveV1 } from "../../src/server/serve.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import { clientOf } from "../hub/support.ts";
import { testPort } from "../support/test-port.ts";

async function serving(options: ServeV1Options = {}, script?: MockScript) {
  const engine = createMockEngine(script);
  const client = clientOf(engine, { idleTimeout: 0 });
  const server = await serveV1(client, { port: 0, ...options });
  onTestFinished(() => server.close());
  return { engine, client, server };
}

describe("serveV1", () => {
  it("listens on a free port of the loopback, and speaks with OpenCodeClient", async () => {
    const { server } = await serving({}, () => [{ text: "Hello" }]);
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const client = new OpenCodeClient({ baseUrl: server.url });
    onTestFinished(() => client.dispose());
    const session = await client.session.create();
    expect(await client.session.prompt(session, "Hi").text()).toBe("Hello");
  });

  it("has its prefix in its address, and wants its password", async () => {
    const { server } = await serving({ prefix: "/engines/acme/", password: "s3cret" });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}/engines/acme`);
    const headers = { authorization: "Bearer s3cret" };
    const client = new OpenCodeClient({ baseUrl: server.url, headers });
    onTestFinished(() => client.dispose());
    expect(await client.session.list()).toEqual([]);
    expect((await fetch(`${server.url}/v1/session`)).status).toBe(401);
  });

  it.each(["0.0.0.0", "::", "192.168.1.5", "example.com", "", "127.0.0.1.evil.test"])(
    "does not listen on %j without a password",
    async (hostname) => {
      await expect(serving({ hostname })).rejects.toMatchObject({
        code: "CONFIG_INVALID",
        message: `Whoever reaches ${JSON.stringify(hostname)} could run tools on this machine: give the server a password, or let it listen on "127.0.0.1".`,
      });
    },
  );

  it("listens everywhere with one, and under every name", async () => {
    const { server } = await serving({ hostname: "0.0.0.0", password: "s3cret" });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    const headers = { authorization: "Bearer s3cret", host: "anything.test" };
    expect(await raw(server.port, headers)).toMatch(/^HTTP\/1\.1 200/);
  });

  it("does not answer on the loopback for the name of a stranger", async () => {
    const { server } = await serving();
    expect(await raw(server.port, { host: "evil.test" })).toMatch(/^HTTP\/1\.1 403/);
    expect(await raw(server.port, { host: `localhost:${server.port}` })).toMatch(/^HTTP\/1\.1 200/);
  });

  it.each([-1, 65_536, 1.5, Number.NaN])("does not take %d for a port", async (port) => {
    await expect(serving({ port })).rejects.toMatchObject({ code: "CONFIG_INVALID" });
  });

  it("says which port is taken", async () => {
    const { server } = await serving({ port: await testPort() });
    await expect(serving({ port: server.port })).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: `Port ${server.port} of 127.0.0.1 is taken by another program: choose another port, or 0 for a free one.`,
    });
  });

  it("says why it can't listen somewhere else", async () => {
    const elsewhere = serving({ hostname: "192.0.2.1", password: "s3cret" });
    await expect(elsewhere).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringContaining("Nothing can listen on port 0 of 192.0.2.1: "),
    });
  });
});

describe("close()", () => {
  it("ends event streams with all that they have, refuses the rest, and lets go of the port", async () => {
    const { engine, client, server } = await serving();
    const bus = await fetch(`${server.url}/v1/events`);
    const told = bus.text();
    await expect.poll(() => engine.listeners).toBe(1);
    await client.session.create({ title: "last" });
    await server.close();
    expect(await told).toContain('"title":"last"');
    await expect(fetch(`${server.url}/v1/session`)).rejects.toThrow();
    await serving({ port: server.port });
    // The client is not the server's.
    expect(await client.session.list()).toHaveLength(1);
    await server.close();
  });

  it("waits for nobody who does not read", async () => {
    const { client, server } = await serving();
    const socket = connect(server.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.write("GET /v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    await once(socket, "readable");
    socket.pause();
    for (let n = 0; n < 7; n += 1) await client.session.create({ title: "x".repeat(1024 * 1024) });
    await server.close();
    await server[Symbol.asyncDispose]();
  });
});

/** What is answered to a request with just these headers. */
async function raw(port: number, headers: Readonly<Record<string, string>>): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const lines = Object.entries({ ...headers, connection: "close" }).map((pair) => pair.join(": "));
  socket.write(`${["GET /v1/session HTTP/1.1", ...lines].join("\r\n")}\r\n\r\n`);
  let text = "";
  for await (const chunk of socket.setEncoding("utf8")) text += chunk;
  return text;
}
