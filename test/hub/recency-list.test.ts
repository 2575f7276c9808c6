import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Session } from "../../src/engine/session.ts";
import { RecencyList } from "../../src/hub/recency-list.ts";

const COUNT = 100_000;
/** Of a list that is made without a size. */
const BLOCK = 512;

function session(id: string, updatedAt: number): Session {
  return { id, title: id, engineId: "mock", createdAt: 0, updatedAt, status: "idle" };
}

function listOf(sessions: readonly Session[], blockSize?: number): RecencyList {
  const list = new RecencyList(blockSize);
  for (const one of sessions) list.put(one);
  return list;
}

const range = (length: number) => Array.from({ length }, (_, index) => index);

const ids = (sessions: Iterable<Session>) => Array.from(sessions, ({ id }) => id);

describe("RecencyList", () => {
  it("has the newest first, and those of one time by id", () => {
    const list = listOf([
      session("a", 1),
      session("b", 1),
      session("new", 2),
      session("B", 1),
      session("old", 0),
    ]);
    expect(ids(list)).toEqual(["new", "B", "a", "b", "old"]);
    expect(ids(list.snapshot().sessions)).toEqual(["new", "B", "a", "b", "old"]);
    expect(list.size).toBe(5);
  });

  it("is empty at first, and again when the last one is deleted", () => {
    const list = new RecencyList();
    for (const one of [session("a", 1), session("b", 2)]) {
      const { latest, sessions } = list.snapshot();
      expect([list.size, [...list], latest, sessions]).toEqual([0, [], [], []]);
      list.put(one);
      expect(list.get(one.id)).toBe(one);
      expect([...list]).toEqual([one]);
      expect(list.delete(one.id)).toBe(true);
      expect(list.get(one.id)).toBeUndefined();
    }
    expect(list.delete("a")).toBe(false);
  });

  it("moves a session that is updated, and replaces one that keeps its place", () => {
    const list = listOf([session("a", 10), session("b", 20), session("c", 30)]);
    list.put(session("a", 40));
    expect(ids(list)).toEqual(["a", "c", "b"]);
    const renamed = { ...session("c", 35), title: "Renamed" };
    list.put(renamed);
    expect(list.snapshot().sessions[1]).toBe(renamed);
    expect(list.get("c")).toBe(renamed);
    list.put(session("a", 5));
    expect(ids(list)).toEqual(["c", "b", "a"]);
    expect(list.size).toBe(3);
  });

  it("tells the newest hundred", () => {
    const all = range(350).map((time) => session(`ses_${time}`, time));
    for (const blockSize of [3, undefined]) {
      const { latest, sessions } = listOf(all, blockSize).snapshot();
      expect(sessions).toEqual(all.toReversed());
      expect(latest).toEqual(sessions.slice(0, 100));
    }
  });

  it("gives the same snapshot, with the same arrays, while nothing changed", () => {
    const a = session("a", 1);
    const list = listOf([a]);
    const snapshot = list.snapshot();
    const { latest, sessions } = snapshot;
    list.put(a);
    list.delete("b");
    expect(list.snapshot()).toBe(snapshot);
    expect(snapshot.latest).toBe(latest);
    expect(snapshot.sessions).toBe(sessions);
    const changes = [() => list.put({ ...a }), () => list.put(session("b", 2)), () => list.delete("b")];
    for (const change of changes) {
      const before = list.snapshot();
      change();
      expect(list.snapshot()).not.toBe(before);
    }
  });

  it("iterates over what it held when the iteration began", () => {
    const list = listOf(
      range(10).map((time) => session(`ses_${time}`, time)),
      4,
    );
    const expected = ids(list.snapshot().sessions);
    list.put(session("ses_0", 0));
    const seen: string[] = [];
    for (const { id } of list) {
      seen.push(id);
      list.delete(id);
      list.put(session(`new_${id}`, seen.length));
    }
    expect(seen).toEqual(expected);
    expect(list.size).toBe(10);
  });
});

type Command =
  | { readonly type: "put"; readonly session: Session }
  | { readonly type: "delete"; readonly id: string }
  | { readonly type: "snapshot"; readonly read: boolean };

// So few ids and times that there are changes of what is there, and sessions of one time.
const id = fc.integer({ min: 0, max: 40 }).map((number) => `ses_${number}`);
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc
      .tuple(id, fc.nat(30))
      .map(([id, time]) => ({ type: "put", session: session(id, time) }) as const),
  },
  { weight: 4, arbitrary: id.map((id) => ({ type: "delete", id }) as const) },
  { weight: 1, arbitrary: fc.boolean().map((read) => ({ type: "snapshot", read }) as const) },
);
const commands = fc.array(command, { maxLength: 200, size: "max" });

/** Snapshots make blocks that are copied before a change; without them the same blocks are changed in place. */
it.each([
  { name: "looked at after every command", watched: true },
  { name: "looked at when a command says so", watched: false },
])("is what a map and a sort would be, $name, and so stay its snapshots", ({ watched }) => {
  const size = fc.oneof(fc.integer({ min: 2, max: 9 }), fc.constant(undefined));
  fc.assert(
    fc.property(commands, size, (log, blockSize) => {
      const list = new RecencyList(blockSize);
      const model = new Map<string, Session>();
      const taken: { snapshot: ReturnType<RecencyList["snapshot"]>; expected: Session[] }[] = [];
      for (const command of log) {
        if (command.type === "put") {
          list.put(command.session);
          model.set(command.session.id, command.session);
        } else if (command.type === "delete") {
          expect(list.delete(command.id)).toBe(model.delete(command.id));
        } else {
          const snapshot = list.snapshot();
          const expected = sorted(model);
          if (command.read) expect(snapshot.sessions).toEqual(expected);
          taken.push({ snapshot, expected });
        }
        if (watched) expect([...list]).toEqual(sorted(model));
        expect(list.size).toBe(model.size);
      }
      for (const [id, session] of model) expect(list.get(id)).toBe(session);
      expect([...list]).toEqual(sorted(model));
      for (const { snapshot, expected } of taken) {
        expect(snapshot.latest).toEqual(expected);
        expect(snapshot.sessions).toEqual(expected);
      }
    }),
    { numRuns: watched ? 200 : 1_000 },
  );
});

function sorted(model: ReadonlyMap<string, Session>): Session[] {
  return [...model.values()].sort((a, b) => b.updatedAt - a.updatedAt || (a.id < b.id ? -1 : 1));
}

describe("100,000 sessions", () => {
  const spread = (index: number) => (index * 61_803) % COUNT;
  const orders = [
    { order: "ascending", time: (index: number) => index },
    { order: "descending", time: (index: number) => COUNT - 1 - index },
    { order: "random", time: spread },
  ];

  it.each(orders)("are put in with two searches and a block of work each, $order", ({ time }) => {
    const { list, load, work } = metered();
    const spent = work(() => load(time));
    expect(spent.comparisons).toBeLessThan(25 * COUNT);
    // No snapshot was taken: there is nothing to copy.
    expect(spent.copied).toBe(0);
    expect(spent.shifted).toBeLessThan(1.1 * BLOCK * COUNT);
    expect(list.snapshot().sessions.map(({ updatedAt }) => updatedAt)).toEqual(range(COUNT).toReversed());
  });

  it.each(orders)("cost one copy of a block each with a snapshot after each, $order", ({ time }) => {
    const { list, load, work } = metered();
    const spent = work(() => load(time, () => list.snapshot()));
    expect(spent.comparisons).toBeLessThan(25 * COUNT);
    // That, and the list of the blocks.
    expect(spent.copied).toBeLessThan(2 * BLOCK * COUNT);
    expect(spent.copied).toBeGreaterThan(COUNT);
  });

  it("are updated with two copies of blocks each, and the newest are read without a look at the others", () => {
    const { list, load, put, work } = metered();
    load(spread);
    const spent = work(() => {
      for (const index of range(COUNT)) {
        put(spread(index), COUNT + index);
        list.snapshot().latest.at(0);
      }
    });
    expect(spent.comparisons).toBeLessThan(40 * COUNT);
    expect(spent.copied).toBeLessThan(4 * BLOCK * COUNT);
    expect(ids(list.snapshot().latest)).toEqual(
      range(100).map((index) => `ses_${spread(COUNT - 1 - index)}`),
    );
  });

  it("are replaced with one copy of a block each where they keep their place", () => {
    const { list, load, put, work } = metered();
    load(spread);
    const spent = work(() => {
      for (const index of range(COUNT)) {
        put(index, spread(index) + 0.5);
        list.snapshot();
      }
    });
    expect(spent.comparisons).toBeLessThan(25 * COUNT);
    expect(spent.copied).toBeLessThan(2 * BLOCK * COUNT);
    expect(spent.shifted).toBe(0);
  });

  it.each([
    { from: "the newest", time: (index: number) => COUNT - 1 - index },
    { from: "the oldest", time: (index: number) => index },
  ])("leave no almost empty blocks behind when most are gone, deleted from $from on", ({ time }) => {
    const { list, load, put, work } = metered(8);
    load(time);
    for (const index of range(COUNT)) if (index % 8 > 0) list.delete(`ses_${index}`);
    list.snapshot();
    // The list of the blocks is what is copied, with one of them: for 12,500 sessions fewer than 6,250, and not 12,500.
    expect(work(() => put(COUNT, COUNT)).copied).toBeLessThan(COUNT / 8 / 2);
  });
});

interface Spent {
  readonly comparisons: number;
  /** Items in arrays that were copied, whole or in part. */
  readonly copied: number;
  /** Items in arrays in which others were put in or taken out. */
  readonly shifted: number;
}

/** A list of sessions that notice when they are compared. */
function metered(blockSize?: number) {
  const list = new RecencyList(blockSize);
  let reads = 0;
  const put = (id: number, updatedAt: number) => {
    list.put({
      ...session(`ses_${id}`, 0),
      get updatedAt() {
        reads += 1;
        return updatedAt;
      },
    });
  };
  const load = (time: (index: number) => number, then?: () => void) => {
    for (const index of range(COUNT)) {
      put(index, time(index));
      then?.();
    }
  };
  const work = (run: () => void): Spent => {
    let copied = 0;
    let shifted = 0;
    // Work that is not linear would go on for minutes before it is compared with anything.
    const bounded = (length: number) => {
      if (length > 10 * BLOCK * COUNT) throw new Error("Far too much work.");
      return length;
    };
    const undo = [
      ...COPYING.map((name) => watchArrays(name, (length) => (copied = bounded(copied + length)))),
      ...SHIFTING.map((name) => watchArrays(name, (length) => (shifted = bounded(shifted + length)))),
    ];
    copied = 0;
    reads = 0;
    try {
      run();
      // Both sides of a comparison are read.
      return { comparisons: reads / 2, copied, shifted };
    } finally {
      for (const restore of undo) restore();
    }
  };
  return { list, put, load, work };
}

const COPYING = [
  "slice",
  "concat",
  "flat",
  "flatMap",
  "map",
  "filter",
  "toSorted",
  "toSpliced",
  "with",
] as const;
const SHIFTING = ["splice", "shift", "unshift", "sort", "copyWithin"] as const;

/** Tells the length of every array that the method is called on, until it is called off. */
function watchArrays(name: keyof unknown[], tell: (length: number) => void): () => void {
  const method: unknown = Array.prototype[name];
  if (typeof method !== "function") throw new Error(`Arrays have no method ${String(name)}.`);
  const replace = (value: unknown) => {
    Object.defineProperty(Array.prototype, name, { value, writable: true, configurable: true });
  };
  replace(function (this: unknown[], ...args: unknown[]): unknown {
    tell(this.length);
    return Reflect.apply(method, this, args);
  });
  return () => replace(method);
}
