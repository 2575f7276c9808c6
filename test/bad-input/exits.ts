/*
 * Run by exits.test.ts in a process of its own: uses a client, disposes it, and must then exit by itself. Every
 * deadline is ten minutes, so that a timer that stays behind would keep it alive.
 */
import { OpenCodeClient } from "../../src/index.ts";

const [scenario = "", baseUrl = ""] = process.argv.slice(2);
const TEN_MINUTES = 600_000;
const client = new OpenCodeClient({
  baseUrl,
  timeout: TEN_MINUTES,
  connectTimeout: TEN_MINUTES,
  idleTimeout: TEN_MINUTES,
});

/** Everything that is going on ends with the client; how, other tests say. */
const settle = (work: Promise<unknown>): Promise<unknown> => work.catch(() => {});

async function iterate(events: AsyncIterable<unknown>): Promise<void> {
  for await (const event of events) void event;
}

const scenarios: Readonly<Record<string, () => Promise<unknown>>> = {
  "calls that were answered": async () => {
    await client.session.create();
    await client.session.list();
    await client.health();
  },
  "a call that is pending": async () => {
    void settle(client.session.list());
    await reached("GET /experimental/session");
  },
  "a mirror": () => client.connect(),
  "somebody who iterates the events": async () => {
    void settle(iterate(client.events));
    await reached("GET /global/event");
  },
  "somebody who iterates a mirror": async () => {
    void settle(iterate(client.events));
    await client.connect();
  },
  "a handler": async () => {
    client.events.subscribe(() => {});
    await reached("GET /global/event");
  },
  "a handler that left": async () => {
    await client.connect();
    client.events.subscribe(() => {})();
  },
  "a prompt that is pending": async () => {
    void settle(client.session.prompt("ses_1", "Hello").text());
    await reached("POST /session/ses_1/prompt_async");
  },
  "a prompt that was let go": async () => {
    for await (const _ of client.session.prompt("ses_1", "Hello")) break;
  },
  "somebody who waits": async () => {
    await client.connect();
    void settle(client.registry.waitFor("ses_1", () => false, { timeout: TEN_MINUTES }));
  },
  "calls that failed": async () => {
    await settle(client.connect());
    await settle(client.session.list());
    await settle(client.session.prompt("ses_1", "Hello").text());
    await client.health();
  },
  "a caller who gave up": async () => {
    const signal = AbortSignal.timeout(50);
    await settle(client.connect({ signal }));
    await settle(client.session.list({ signal }));
  },
};

/** The parent, whose server it is, says when a request has arrived. */
async function reached(route: string): Promise<void> {
  for await (const line of process.stdin) {
    if (String(line).includes(route)) break;
  }
  process.stdin.destroy();
}

await scenarios[scenario]?.();
await client.dispose();
process.stdout.write("disposed\n");
