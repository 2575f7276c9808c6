import { spawn } from "node:child_process";
import { once } from "node:events";
import { Agent, request as httpRequest } from "node:http";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { createFaultProxy } from "../../../src/testing/faults/proxy.ts";
import { answering, startServer, until } from "./proxy-bench.ts";

describe("close", () => {
  const tcp = () =>
    process
      .getActiveResourcesInfo()
      .filter((name) => name.startsWith("TCP"))
      .toSorted();

  // The first test of its file: nobody else's sockets are about.
  it("leaves no socket behind, whatever was going on", async () => {
    const target = await startServer((_, response) => void response.write("data: 1\n\n"));
    const agent = new Agent({ keepAlive: true });
    onTestFinished(() => agent.destroy());
    const before = tcp();
    const proxy = await createFaultProxy({ target: target.url });
    proxy.inject({ on: "/hang", type: "hang" });
    proxy.inject({ on: "/head", type: "hang", after: "head" });
    proxy.inject({ on: "/stall", type: "stall", ms: 3_600_000 });
    proxy.inject({ on: "/trickle", type: "trickle" });
    proxy.inject({ on: "/answer", type: "respond", status: 204 });
    const gone = ["/", "/hang", "/head", "/stall", "/trickle", "/answer"].map(async (path) => {
      const request = httpRequest(proxy.url + path, { agent }).end();
      const [socket] = await once(request, "socket");
      request.on("response", (response) => response.resume().on("error", () => {})).on("error", () => {});
      await once(socket, "close");
    });
    await until(() => expect([proxy.connections, proxy.held]).toEqual([6, 27]));
    proxy.hangAll();
    const late = fetch(proxy.url).catch((error: unknown) => error);
    await until(() => expect(proxy.connections).toBe(7));
    await Promise.all([proxy.close(), proxy.close()]);
    expect(proxy.connections).toBe(0);
    await Promise.all(gone);
    expect(await late).toBeInstanceOf(TypeError);
    // The other ends: of the target, and of fetch.
    await until(() => expect(tcp()).toEqual(before));
    await proxy.close();
  });

  it("comes with `await using`", async () => {
    const target = await startServer(answering("0123"));
    let url = "";
    {
      await using proxy = await createFaultProxy({ target: target.url });
      url = proxy.url;
      expect((await fetch(url)).status).toBe(200);
    }
    await expect(fetch(url)).rejects.toThrow("fetch failed");
  });

  it("lets the process exit", { timeout: 60_000 }, async () => {
    const script = fileURLToPath(new URL("proxy-exit.ts", import.meta.url));
    const args = ["--conditions=@quantumreef/source", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    expect(await text(child.stdout)).toBe("closed\n");
    expect(await exited).toEqual([0, null]);
  });
});
