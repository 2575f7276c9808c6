import { delay } from "../../../engine/scope.ts";
import { equal, fails, ok, rejection } from "../assert.ts";
import type { FaultyDriver } from "../faulty-driver.ts";
import type { Rule } from "../rule.ts";
import { collect, spoken, stands, TEXT } from "../turn.ts";

export const endingRules: readonly Rule[] = [
  {
    number: "R41",
    says: "health() says that a well engine is well",
    async check({ client: open }) {
      const client = await open();
      const { ok: isWell, latencyMs, error } = await client.health();
      equal([isWell, error], [true, undefined], "The health of the engine");
      ok(latencyMs >= 0, "The latency must be a number of milliseconds.");
    },
  },
  {
    number: "R42",
    says: "health() answers within 5 s when the engine hangs",
    needsDriver: true,
    takes: 5_000,
    async check({ faultyClient }) {
      const { client, faults } = await faultyClient();
      faults.hang();
      const began = performance.now();
      const { ok: isWell, error } = await client.health();
      const took = performance.now() - began;
      equal(isWell, false, "Whether an engine is well that does not answer");
      ok(error, "It must say what is wrong.");
      // A busy machine is late as well.
      ok(took < 7_500, `health() took ${Math.round(took)} ms.`);
    },
  },
  {
    number: "R43",
    says: "dispose() settles everything, and lets the engine go on",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const speaking = spoken(client, session);
      const call = client.session.prompt(session, await brain.wait(TEXT));
      await speaking;
      const events = client.events.stream({ types: ["session_deleted"] });
      const reading = collect(events).catch(() => {});
      const waiting = rejection(stands(client, session, "error"), "waitFor()");
      await client.dispose();
      await client.dispose();
      const { status, text } = await call.settled();
      ok(status !== "completed", "A turn that goes on must not be told as completed.");
      equal(text, TEXT.slice(0, text.length), "What was seen of the text");
      await fails(call.text(), "ENGINE_UNAVAILABLE", "text() after dispose()");
      await Promise.all([reading, waiting]);
      await fails(client.session.list(), "ENGINE_UNAVAILABLE", "a call after dispose()");
      const other = await open();
      await stands(other, session, "running");
    },
  },
  {
    number: "R44",
    says: "dispose() settles everything also when the engine hangs",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.wait(""));
      await stands(client, session, "running");
      faults.hang();
      const listing = rejection(client.session.list(), "list()");
      await client.dispose();
      await listing;
      ok((await call.settled()).status !== "completed", "The turn can't be told as completed.");
    },
  },
  {
    number: "R45",
    says: "after dispose() nothing is left open",
    needsDriver: true,
    async check({ faultyClient, session: create, brain }) {
      const { client, faults } = await faultyClient();
      const session = await create(client);
      await client.session.prompt(session, await brain.say(TEXT)).text();
      const speaking = spoken(client, session);
      client.session.prompt(session, await brain.wait(TEXT));
      await speaking;
      await client.dispose();
      await closed(faults);
      equal(faults.open, { streams: 0, connections: 0, calls: 0 }, "What the driver still has open");
    },
  },
];

/** Milliseconds for sockets to close. */
const CLOSING_MS = 2_000;

async function closed(faults: FaultyDriver): Promise<void> {
  const began = performance.now();
  const isOpen = () => Object.values(faults.open).some((count) => count > 0);
  const { signal } = new AbortController();
  while (isOpen() && performance.now() - began < CLOSING_MS) await delay(20, signal);
}
