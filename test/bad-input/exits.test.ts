import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { it } from "vitest";
import { empty, json, type Routes, session, silent, startOpenCode } from "./fake-open-code.ts";

const script = fileURLToPath(new URL("exits.ts", import.meta.url));

const cases: readonly [scenario: string, routes: Routes][] = [
  ["calls that were answered", {}],
  ["a call that is pending", { "GET /experimental/session": silent }],
  ["a mirror", {}],
  ["somebody who iterates the events", {}],
  ["somebody who iterates a mirror", {}],
  ["a handler", {}],
  ["a handler that left", {}],
  ["a prompt that is pending", {}],
  ["somebody who waits", { "GET /experimental/session": json([session]) }],
  ["calls that failed", { "GET /global/event": empty(500), "GET /experimental/session": empty(503) }],
  ["a caller who gave up", { "GET /global/event": silent }],
];

/** Those that a child may wait for. */
const ROUTES = ["GET /global/event", "GET /experimental/session", "POST /session/ses_1/prompt_async"];

it.concurrent.for(cases)(
  "a process exits by itself after dispose(): %s",
  { timeout: 60_000 },
  async (given, { expect, onTestFinished }) => {
    const [scenario, routes] = given;
    await using server = await startOpenCode(routes);
    const args = ["--conditions=@quantumreef/source", script, scenario, server.url];
    const child = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    onTestFinished(() => void child.kill("SIGKILL"));
    const exited = once(child, "exit");
    // A child that does not listen has closed its end.
    child.stdin.on("error", () => {});
    for (const route of ROUTES) void server.request(route).then(() => child.stdin.write(`${route}\n`));
    expect(await text(child.stdout)).toBe("disposed\n");
    expect(await exited).toEqual([0, null]);
  },
);
