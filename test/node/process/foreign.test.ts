import { createServer as createHttpServer, type RequestListener } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { createOpenCode } from "@quantumreef/engine-client/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { startOpenCode } from "../../bad-input/fake-open-code.ts";
import { temporaryFolder } from "./keeper-support.ts";

async function listen(server: Server): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  onTestFinished(() => void server.close());
  await promise;
  return (server.address() as AddressInfo).port;
}

const answering = (status: number, type: string, text: string): RequestListener => {
  return (_, response) => response.writeHead(status, { "content-type": type }).end(text);
};

async function starting(port: number) {
  const state = await temporaryFolder("foreign");
  const env = { XDG_STATE_HOME: state, OPENCODE_SERVER_PASSWORD: "s3cret-word" };
  return createOpenCode({ port, env, binary: "/nowhere/opencode" });
}

describe("a port that something else has", () => {
  it.each([
    [
      "a web page",
      answering(200, "text/html", "<h1>Shop</h1>\n\nof shoes"),
      /200, text\/html: "<h1>Shop<\/h1> of shoes"/,
    ],
    [
      "JSON of another kind",
      answering(200, "application/json", '{"status":"UP"}'),
      /200, application\/json: "\{\\"status/,
    ],
    ["an error", answering(500, "text/plain", "proxy"), /500, text\/plain: "proxy"/],
    ["an empty answer", answering(204, "text/plain", ""), /204, text\/plain: nothing/],
  ])("is named with what answered: %s", async (_, listener, message) => {
    const port = await listen(createHttpServer(listener));
    const failure: unknown = await starting(port).catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: "PROCESS_FAILED", message: expect.stringMatching(message) });
    expect(failure).toMatchObject({
      message: expect.stringMatching(new RegExp(`^http://127.0.0.1:${port} is taken.*port: 0`)),
    });
  });

  it("is named when it does not speak HTTP, and its password is not shown when it repeats it", async () => {
    const tcp = createTcpServer((socket) => void socket.end("SSH-2.0-OpenSSH\r\n"));
    await expect(starting(await listen(tcp))).rejects.toMatchObject({
      code: "PROCESS_FAILED",
      message: expect.stringMatching(/can't be asked what it is/),
    });
    const parrot = createHttpServer((request, response) =>
      response.end(String(request.headers.authorization)),
    );
    const failure: unknown = await starting(await listen(parrot)).catch((error: unknown) => error);
    const secret = btoa("opencode:s3cret-word");
    for (let error = failure; error instanceof Error; error = error.cause) {
      expect(error.message).not.toContain(secret);
      expect(error.message).not.toContain("s3cret-word");
    }
  });

  it("by a server that is OpenCode but not ours is attached to, whatever its release, and that is told", async () => {
    const health = answering(200, "application/json", '{"healthy":true,"version":"9.9.9"}');
    await using server = await startOpenCode({ "GET /global/health": health });
    const codes: string[] = [];
    const state = await temporaryFolder("foreign");
    const client = await createOpenCode({
      port: Number(new URL(server.url).port),
      env: { XDG_STATE_HOME: state },
      onDiagnostic: ({ code }) => codes.push(code),
    });
    expect(client.process).toMatchObject({ mode: "attached", version: "9.9.9" });
    expect(client.version).toBe("9.9.9");
    expect(codes).toContain("engine_untested_release");
    await client.dispose();
    expect((await fetch(`${server.url}/global/health`)).status).toBe(200);
  });
});
