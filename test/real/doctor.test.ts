import { execFile } from "node:child_process";
import { chmod, mkdir, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createOpenCode, type DoctorReport } from "@quantumreef/engine-client/node";
import { describe, expect, it, onTestFinished } from "vitest";
import { takeSlot } from "../support/slots.ts";
import { testPort } from "../support/test-port.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { homeEnv, openHome, writeGlobalConfig } from "../support/throwaway-home.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

interface Told {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** `npx @quantumreef/engine-client` in a home of its own. */
async function stage(variables: Readonly<Record<string, string>> = {}) {
  const home = await openHome();
  const workspace = await createWorkspace();
  onTestFinished(async () => {
    await workspace.remove();
    await home.remove();
  });
  const env = { ...homeEnv(home.directory), ...variables };
  const run = (...args: string[]) =>
    new Promise<Told>((resolve) => {
      const child = execFile(
        process.execPath,
        ["--conditions=@quantumreef/source", cli, ...args],
        { env, cwd: workspace.directory },
        (_, out, err) => resolve({ code: child.exitCode ?? -1, out, err }),
      );
    });
  const examine = async (...args: string[]): Promise<DoctorReport & { code: number }> => {
    const { code, out } = await run("doctor", "--json", ...args);
    return { ...JSON.parse(out), code };
  };
  return { home, workspace, env, run, examine };
}

describe("engine-client doctor", () => {
  it("finds the server that a program has started, with its password, and its database", async () => {
    const slot = await takeSlot();
    onTestFinished(() => slot.release());
    const { env, workspace, run, examine } = await stage({ ANTHROPIC_API_KEY: "sk-ant-very-secret" });
    const port = await testPort();
    const client = await createOpenCode({ port, env, ...{ workingDirectory: workspace.directory } });
    onTestFinished(() => client.dispose());
    const report = await examine("--port", String(port));
    expect(report).toMatchObject({
      code: 0,
      ok: true,
      faults: [],
      server: {
        url: `http://127.0.0.1:${port}`,
        answers: "opencode",
        dialect: "native",
        version: "1.18.33",
        isTested: true,
        isShared: true,
      },
      binary: { status: "program", version: "1.18.33" },
      database: { status: "readable", layout: "current" },
      settings: { settings: { port: { value: port, origin: { kind: "option", name: "port" } } } },
    });
    expect(report.providers).toContainEqual({ id: "anthropic", key: "ANTHROPIC_API_KEY" });
    const { out, code } = await run("doctor", "--port", String(port));
    expect(code).toBe(0);
    expect(out).toContain(`OpenCode 1.18.33 at http://127.0.0.1:${port} (native, started by a program`);
    expect(out).toMatch(/Nothing is wrong\.\n$/);
    for (const text of [out, JSON.stringify(report)]) expect(text).not.toContain("very-secret");
  });

  it("tells a stranger on the port, a configuration that stops OpenCode, and a setting that is not allowed", async () => {
    const { home, examine } = await stage({ QUANTUMREEF_OPENCODE_AUTOSTART: "false" });
    const server = createServer((_, response) => response.end("<h1>Hello</h1>"));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const port = String(typeof address === "object" ? address?.port : 0);
    await writeGlobalConfig(home.directory, { mcp: { files: { command: "npx", args: ["files"] } } });
    const report = await examine("--port", port);
    expect(report).toMatchObject({ code: 1, ok: false, server: { answers: "something else" } });
    expect(report.faults.map(({ area }) => area)).toEqual(["configuration", "server"]);
    const [configuration, stranger] = report.faults;
    expect(configuration?.advice).toMatch(/opencode\.jsonc?:\d+ .*mcp\.files/);
    expect(stranger?.advice).toContain(`What answers at http://127.0.0.1:${port} is not OpenCode`);
    const nobody = await examine("--port", String(await testPort()));
    expect(nobody.server).toMatchObject({ answers: "nothing" });
    expect(nobody.faults.at(-1)?.advice).toContain("autoStart is off");
    expect((await examine("--port", "99999")).faults[0]).toMatchObject({ area: "settings" });
  });

  it("tells the stub of an install without scripts, and how it is mended", async () => {
    const { workspace, examine } = await stage();
    const bin = workspace.path("node_modules/opencode-ai/bin");
    await mkdir(bin, { recursive: true });
    const stub = join(bin, "opencode.exe");
    const text = `#!/bin/sh\necho "Error: opencode-ai's postinstall script was not run." >&2\nexit 1\n`;
    await writeFile(stub, text);
    await chmod(stub, 0o755);
    const report = await examine("--port", "0");
    expect(report.code).toBe(0);
    const { binary, faults, code } = await (await stage({ OPENCODE_BIN: stub })).examine("--port", "0");
    expect(binary).toMatchObject({ status: "stub", path: stub });
    expect(binary.error?.message).toContain("npm install -g opencode-ai --allow-scripts=opencode-ai");
    expect(faults[0]).toMatchObject({ area: "binary" });
    expect(code).toBe(1);
  });

  it("answers wrong use with what is right", async () => {
    const { run } = await stage();
    expect(await run("doctr")).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Usage:") });
    expect(await run("doctor", "--jsn")).toMatchObject({ code: 2, err: expect.stringContaining("--jsn") });
    expect(await run("--help")).toMatchObject({ code: 0, out: expect.stringContaining("Usage:") });
  });
});
