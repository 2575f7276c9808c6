import { describe, expect, it } from "vitest";
import type { EngineEvent } from "../../src/engine/events.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { Session } from "../../src/engine/session.ts";
import { Fanout } from "../../src/hub/fanout.ts";
import { createMockEngine, type MockEngine } from "../../src/testing/mock-engine.ts";
import { clientOf, settle, until } from "./support.ts";

const SESSIONS = 100_000;
const UPDATES = 20_000;
/** What a change may touch: a block of the list twice over, the list of its blocks, the newest hundred, a few small lists. */
const ITEMS_PER_UPDATE = 3_000;

const range = (length: number) => Array.from({ length }, (_, index) => index);

const told = (index: number, updatedAt: number) => ({
  id: `ses_${index}`,
  title: `Session ${index}`,
  createdAt: index,
  updatedAt,
});

/** Always the same numbers, that look like none. */
function dice(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

interface Spent {
  /** Items of all arrays, maps and sets that were gone through, copied or rearranged. */
  readonly items: number;
  /** Of the longest of them. */
  readonly longest: number;
  readonly sorts: number;
}

const ARRAY_METHODS = [
  "at", "concat", "copyWithin", "entries", "every", "fill", "filter", "find", "findIndex", "findLast",
  "findLastIndex", "flat", "flatMap", "forEach", "includes", "indexOf", "join", "keys", "lastIndexOf", "map",
  "reduce", "reduceRight", "reverse", "shift", "slice", "some", "sort", "splice", "toReversed", "toSorted",
  "toSpliced", "unshift", "values", "with", Symbol.iterator,
] as const;
const COLLECTION_METHODS = ["entries", "forEach", "keys", "values", Symbol.iterator] as const;
/** Their cost does not grow with the array. */
const CHEAP: ReadonlySet<string | symbol> = new Set(["at"]);

/** What goes over lists while the work is done, whoever does it. */
async function workOf(run: () => Promise<void>): Promise<Spent> {
  let items = 0;
  let longest = 0;
  let sorts = 0;
  const count = (name: string | symbol, length: number) => {
    if (CHEAP.has(name)) return;
    items += length;
    longest = Math.max(longest, length);
    if (name === "sort" || name === "toSorted") sorts += 1;
    // Work that is not linear would go on for minutes before it is compared with anything.
    if (items > 100 * ITEMS_PER_UPDATE * UPDATES) throw new Error("Far too much work.");
  };
  const undo = [
    ...ARRAY_METHODS.map((name) => watch(Array.prototype, name, lengthOf, count)),
    ...COLLECTION_METHODS.map((name) => watch(Map.prototype, name, sizeOf, count)),
    ...COLLECTION_METHODS.map((name) => watch(Set.prototype, name, sizeOf, count)),
  ];
  try {
    await run();
  } finally {
    for (const restore of undo) restore();
  }
  return { items, longest, sorts };
}

const lengthOf = (list: { readonly length?: number }) => list.length ?? 0;
const sizeOf = (collection: { readonly size?: number }) => collection.size ?? 0;

/** Tells how long the receiver is whenever the method is called, until it is called off. */
function watch(
  prototype: object,
  name: string | symbol,
  measure: (receiver: object) => number,
  tell: (name: string | symbol, length: number) => void,
): () => void {
  const property = Object.getOwnPropertyDescriptor(prototype, name);
  const method: unknown = property?.value;
  if (property === undefined || typeof method !== "function") throw new Error(`No method ${String(name)}.`);
  const value = function (this: object, ...args: unknown[]): unknown {
    tell(name, measure(this));
    return Reflect.apply(method, this, args);
  };
  Object.defineProperty(prototype, name, { ...property, value });
  return () => Object.defineProperty(prototype, name, property);
}
