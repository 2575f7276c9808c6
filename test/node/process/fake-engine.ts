/**
 * A program that starts, listens and ends as `opencode serve` does, in a tenth of the time. `FAKE` (JSON) says what it
 * does otherwise; what a route is asked for, it does at once.
 */
import { spawn } from "node:child_process";
import { existsSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { parseArgs } from "node:util";

export interface Fake {
  /** Prints this and ends with that code, before it listens. */
  readonly fails?: { readonly says: string; readonly code: number };
  /** Starts once: ends with code 7 where this file exists, which it makes. */
  readonly failsOnce?: string;
  /** Says that its port is taken, unless this file exists, which it makes. */
  readonly findsPortTaken?: string;
  /** Prints this and never listens. */
  readonly hangs?: string;
  /** Does not end on SIGTERM. */
  readonly isStubborn?: boolean;
  /** Never answers when it is asked to dispose. */
  readonly neverDisposes?: boolean;
}

const fake: Fake = JSON.parse(process.env.FAKE ?? "{}");
const { values } = parseArgs({
  args: process.argv.slice(3),
  options: {
    hostname: { type: "string" },
    port: { type: "string" },
    cors: { type: "string", multiple: true },
    "log-level": { type: "string" },
  },
});
const say = (text: string) => process.stdout.write(`${text}\n`);

if (fake.fails) {
  say(fake.fails.says);
  process.exit(fake.fails.code);
}
if (fake.failsOnce) {
  if (existsSync(fake.failsOnce)) process.exit(7);
  writeFileSync(fake.failsOnce, "");
}
if (fake.findsPortTaken && !existsSync(fake.findsPortTaken)) {
  writeFileSync(fake.findsPortTaken, "");
  process.stderr.write("Error: Unexpected error\n\nServeError\n");
  process.exit(1);
}
if (fake.isStubborn) process.on("SIGTERM", () => say("no"));

const password = process.env.OPENCODE_SERVER_PASSWORD;
const expected = `Basic ${btoa(`${process.env.OPENCODE_SERVER_USERNAME ?? "opencode"}:${password}`)}`;
const server = createServer((request, response) => {
  const json = (value: unknown) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(value));
  };
  if (password && request.headers.authorization !== expected) return response.writeHead(401).end();
  const { pathname, searchParams } = new URL(request.url ?? "", "http://fake");
  switch (`${request.method} ${pathname}`) {
    case "GET /global/health":
      return json({ healthy: true, version: "1.18.33" });
    case "GET /global/event":
      response.writeHead(200, { "content-type": "text/event-stream" });
      return response.write('data: {"payload":{"type":"server.connected","properties":{}}}\n\n');
    case "POST /global/dispose":
      return fake.neverDisposes ? undefined : json(true);
    case "GET /experimental/session":
    case "GET /session":
    case "GET /permission":
    case "GET /question":
      return json([]);
    case "GET /session/status":
      return json({});
    case "GET /arguments":
      return json({ args: values, env: process.env, cwd: process.cwd() });
    // Starts a tool, in a process group of its own.
    case "POST /tool": {
      const tool = spawn("/bin/sh", ["-c", searchParams.get("script") ?? ""], { detached: true });
      let said = "";
      tool.stdout.on("data", (text: Buffer) => {
        said += text;
        if (said.endsWith("\n")) json(said.trim());
      });
      return undefined;
    }
    case "POST /crash":
      say("out of memory, key sk-secret-1");
      return process.exit(3);
    default:
      return response.writeHead(200, { "content-type": "text/html" }).end("<!doctype html>");
  }
});

if (fake.hangs) {
  say(fake.hangs);
  setInterval(() => {}, 1000);
} else {
  server.listen(Number(values.port), values.hostname, () =>
    say(`opencode server listening on http://${values.hostname}:${values.port}`),
  );
}
