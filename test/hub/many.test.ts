import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createEngineClient } from "../../src/create-engine-client.ts";
import type { DriverSession } from "../../src/engine/driver-events.ts";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { Session } from "../../src/engine/session.ts";
import { Fanout } from "../../src/hub/fanout.ts";
import { createMockEngine, type MockEngine } from "../../src/testing/mock-engine.ts";
import { next, settle, withoutBackoff } from "./support.ts";

const SESSIONS = 100_000;
const UPDATES = 20_000;
const WATCHED = 100;
/** What one change may touch: a few blocks of the list, the list of its blocks, the newest hundred. */
const ITEMS_PER_UPDATE = 5_000;
/** What one session may touch while all are read, told and put in their order. */
const ITEMS_PER_SESSION = 1_000;

const range = (length: number) => Array.from({ length }, (_, index) => index);

function told(index: number, updatedAt: number = index): DriverSession {
  return { id: `ses_${index}`, title: `Session ${index}`, createdAt: index, updatedAt };
}

/** Numbers that look random, and are the same in every run. */
function dice(): (below: number) => number {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

describe(`a mirror of ${SESSIONS.toLocaleString("en")} sessions`, () => {
  let engine: MockEngine;
  let client: ManagedEngineClient;
  let connecting: Spent;

  beforeAll(async () => {
    engine = createMockEngine();
    for (const index of range(SESSIONS)) engine.emit({ type: "session_created", session: told(index) });
    client = createEngineClient(engine);
    connecting = await workOf(() => client.connect());
  });
  afterAll(() => client.dispose());

  it("is read with a few passes over it", () => {
    // It is listed, made a map, sorted once, told and so on: all that is done once, not once for each session.
    expect(connecting.passesOver(SESSIONS)).toBeLessThan(25);
    expect(connecting.items).toBeLessThan(SESSIONS * ITEMS_PER_SESSION);
    const { latest, sessions } = client.registry.getSnapshot();
    expect(sessions).toHaveLength(SESSIONS);
    expect(latest.map(({ id }) => id)).toEqual(range(100).map((index) => `ses_${SESSIONS - 1 - index}`));
  });

  it("costs a change no pass over it, with the newest looked at after each", async () => {
    const roll = dice();
    const updates = range(UPDATES).map((index) => ({ index: roll(SESSIONS), updatedAt: SESSIONS + index }));
    let changes = 0;
    let newest: Session | undefined;
    const leave = client.registry.subscribe(() => {
      changes += 1;
      [newest] = client.registry.getSnapshot().latest;
    });
    const spent = await workOf(async () => {
      // By index: a loop over the list would be a pass over it.
      for (let at = 0; at < UPDATES; at += 1) {
        const { index, updatedAt } = updates[at] ?? { index: 0, updatedAt: 0 };
        engine.emit({ type: "session_updated", session: told(index, updatedAt) });
      }
      await settle();
    });
    leave();
    expect(changes).toBe(UPDATES);
    expect(newest).toBe(client.registry.get(`ses_${updates.at(-1)?.index}`));
    expect(spent.passesOver(SESSIONS / 10)).toBe(0);
    expect(spent.items).toBeLessThan(UPDATES * ITEMS_PER_UPDATE);
    // In the end it is what sorting would have made of it.
    const expected = range(SESSIONS).map((index) => told(index));
    for (const { index, updatedAt } of updates) expected[index] = told(index, updatedAt);
    expected.sort((a, b) => b.updatedAt - a.updatedAt);
    expect(client.registry.list().map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it("is the same snapshot while nothing of it changes", async () => {
    const before = client.registry.getSnapshot();
    const { latest, sessions } = before;
    let changes = 0;
    const leave = client.registry.subscribe(() => {
      changes += 1;
    });
    const spent = await workOf(async () => {
      for (let index = 0; index < 1_000; index += 1) {
        const sessionId = `ses_${index}`;
        const where = { sessionId, messageId: `msg_${sessionId}` };
        const message = { id: where.messageId, sessionId, role: "user", createdAt: 1 } as const;
        const part = { type: "text", id: "prt_1", text: "Hi" } as const;
        engine.emit({ type: "message_updated", message: { ...message, turnId: message.id } });
        engine.emit({ type: "part_updated", ...where, part, complete: true });
        engine.emit({ type: "unknown", name: "lsp", sessionId, raw: {} });
        engine.emit({ type: "session_status", sessionId, running: false });
      }
      await settle();
      for (let look = 0; look < 1_000; look += 1) {
        const now = client.registry.getSnapshot();
        if (now !== before || now.latest !== latest || now.sessions !== sessions) changes += 1;
      }
    });
    leave();
    expect(changes).toBe(0);
    expect(spent.passesOver(SESSIONS / 10)).toBe(0);
  });

  it("is read again after a drop with a few passes over it", async () => {
    withoutBackoff();
    const before = client.registry.getSnapshot().sessions;
    const resynced = next(client, "stream_resynced");
    const spent = await workOf(async () => {
      engine.drop();
      await resynced;
    });
    expect(await resynced).toMatchObject({ sessions: SESSIONS, missed: 0 });
    expect(spent.passesOver(SESSIONS)).toBeLessThan(30);
    expect(spent.items).toBeLessThan(SESSIONS * ITEMS_PER_SESSION);
    expect(client.registry.list()).toEqual(before);
  });

  it("tells those who watch one session nothing of the others", async () => {
    const leave = new AbortController();
    const { signal } = leave;
    const counts = range(WATCHED).map(() => 0);
    const watchers = counts.map(async (_, watched) => {
      for await (const event of client.events.stream({ sessionId: `ses_${watched}`, signal })) {
        if (event.type !== "unknown") continue;
        expect(event.sessionId).toBe(`ses_${watched}`);
        counts[watched] = (counts[watched] ?? 0) + 1;
      }
    });
    for (const index of range(UPDATES)) {
      const sessionId = `ses_${index % 1_000}`;
      engine.emit({ type: "unknown", name: "tick", sessionId, raw: index });
    }
    await settle();
    expect(counts).toEqual(range(WATCHED).map(() => UPDATES / 1_000));
    leave.abort(new Error("seen enough"));
    for (const watcher of watchers) await expect(watcher).rejects.toThrow("seen enough");
  });
});

describe("Fanout", () => {
  it("calls for an event of one session its own watchers, once each, and looks at no other", async () => {
    const fanout = new Fanout(
      () => undefined,
      () => {},
    );
    const calls = new Map<string, number>();
    const leave = range(WATCHED).map((watched) => {
      const sessionId = `ses_${watched}`;
      return fanout.add({ next: () => calls.set(sessionId, (calls.get(sessionId) ?? 0) + 1) }, sessionId);
    });
    const tick = (index: number): EngineEvent => ({
      type: "unknown",
      name: "tick",
      sessionId: `ses_${index % SESSIONS}`,
      raw: index,
    });
    const spent = await workOf(async () => {
      for (let index = 0; index < 2 * SESSIONS; index += 1) fanout.publish([tick(index)]);
    });
    expect(spent.items).toBeLessThan(10 * 2 * SESSIONS);
    expect([...calls]).toEqual(range(WATCHED).map((watched) => [`ses_${watched}`, 2]));
    for (const remove of leave) remove();
    for (const index of range(WATCHED)) fanout.publish([tick(index)]);
    expect([...calls.values()]).toEqual(range(WATCHED).map(() => 2));
  });
});

interface Spent {
  /** Items of all arrays, maps and sets that were gone through, copied or rearranged. */
  readonly items: number;
  /** How many times that happened to one of so many items. */
  passesOver(length: number): number;
}

/** What costs the same whatever the length. */
const CHEAP: ReadonlySet<string | symbol> = new Set([
  ...["constructor", "at", "push", "pop", "toString", "toLocaleString"],
  ...["get", "set", "has", "add", "delete", "clear", "getOrInsert", "getOrInsertComputed"],
]);

/** What goes over lists while the work is done, whoever does it. */
async function workOf(run: () => Promise<unknown>): Promise<Spent> {
  const passes: number[] = [];
  let items = 0;
  const tell = (length: number) => {
    items += length;
    if (length >= 1_000) passes.push(length);
    // What is not linear would go on for minutes before it is compared with anything.
    if (items > 3 * ITEMS_PER_SESSION * SESSIONS) throw new Error("Far too much work.");
  };
  const undo = [
    ...watch(Array.prototype, (list) => list.length, tell),
    ...watch(Map.prototype, (map) => map.size, tell),
    ...watch(Set.prototype, (set) => set.size, tell),
  ];
  try {
    await run();
  } finally {
    for (const restore of undo) restore();
  }
  return { items, passesOver: (length) => passes.filter((passed) => passed >= length).length };
}

/** Tells how long a list is whenever something goes over it, until that is called off. */
function watch<List extends object>(
  prototype: List,
  lengthOf: (list: List) => number,
  tell: (length: number) => void,
): readonly (() => void)[] {
  return Reflect.ownKeys(prototype).flatMap((name) => {
    const property = Object.getOwnPropertyDescriptor(prototype, name);
    const method: unknown = property?.value;
    if (property === undefined || typeof method !== "function" || CHEAP.has(name)) return [];
    const value = function (this: List, ...args: unknown[]): unknown {
      const length = lengthOf(this);
      const result: unknown = Reflect.apply(method, this, args);
      // A short list of long ones makes a long one.
      tell(Array.isArray(result) ? Math.max(length, result.length) : length);
      return result;
    };
    Object.defineProperty(prototype, name, { ...property, value });
    return () => Object.defineProperty(prototype, name, property);
  });
}
