import type { WireContent, WireRequest } from "./schema.ts";
import { REMOVED } from "./secret-texts.ts";
import type { WireIds } from "./wire-ids.ts";

/** A request that is made now. */
export interface LiveRequest {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, readonly string[]>>;
  readonly body: WireContent | undefined;
}

export type Comparison =
  /** It is that one; with the ids that stand for recorded ones from now on. */
  | { readonly type: "same"; readonly ids: ReadonlyMap<string, string> }
  /** `difference`: the first one, in words. */
  | { readonly type: "other"; readonly difference: string };

/**
 * Is this the recorded request? All must be equal but what can't be: ids that the client makes up, times of its clock,
 * and what was removed from the recording.
 */
export function compareRequest(recorded: WireRequest, live: LiveRequest, ids: WireIds): Comparison {
  const found = new Map<string, string>();
  const compare = comparer(ids, found);
  const difference =
    compare(recorded.method, live.method, "the method") ??
    compare(segments(recorded.path), segments(live.path), "path") ??
    compare(recorded.query ?? {}, live.query, "query") ??
    compare(contentOf(recorded.body), contentOf(live.body), "body");
  return difference === undefined ? { type: "same", ids: found } : { type: "other", difference };
}

/** What differs first; `undefined`: nothing. */
type Compare = (recorded: unknown, live: unknown, where: string) => string | undefined;

function comparer(ids: WireIds, found: Map<string, string>): Compare {
  const compareTexts = (recorded: string, live: string, where: string): string | undefined => {
    const expected = ids.toLive(recorded, found);
    if (expected === live || (recorded.includes(REMOVED) && fits(live, expected))) return undefined;
    if (found.has(recorded) || !ids.mayStandFor(recorded, live)) return differ(expected, live, where);
    found.set(recorded, live);
    return undefined;
  };
  const compare: Compare = (recorded, live, where) => {
    if (typeof recorded === "string" && typeof live === "string") return compareTexts(recorded, live, where);
    if (isTime(recorded) && isTime(live)) return undefined;
    if (!isContainer(recorded) || !isContainer(live) || Array.isArray(recorded) !== Array.isArray(live))
      return Object.is(recorded, live) ? undefined : differ(recorded, live, where);
    const isList = Array.isArray(recorded);
    for (const key of new Set([...Object.keys(recorded), ...Object.keys(live)])) {
      const place = isList ? `${where}[${key}]` : `${where}.${key}`;
      if (!Object.hasOwn(recorded, key)) return `${place} is new`;
      if (!Object.hasOwn(live, key)) return `${place} is missing`;
      const difference = compare(Reflect.get(recorded, key), Reflect.get(live, key), place);
      if (difference !== undefined) return difference;
    }
    return undefined;
  };
  return compare;
}

/** Only what was removed may be anything. */
function fits(live: string, expected: string): boolean {
  const parts = expected.split(REMOVED).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
  return new RegExp(`^${parts.join(".*")}$`, "s").test(live);
}

function differ(expected: unknown, live: unknown, where: string): string {
  return `${where} is ${show(live)} instead of ${show(expected)}`;
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? "nothing";
  return text.length > 100 ? `${text.slice(0, 100)}...` : text;
}

function isContainer(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}

/** Milliseconds since 1970, between 2001 and 2286. */
function isTime(value: unknown): boolean {
  return Number.isInteger(value) && typeof value === "number" && value >= 1e12 && value < 1e13;
}

function segments(path: string): readonly string[] {
  return path.split("/").map((segment) => {
    try {
      return decodeURIComponent(segment);
    } catch {
      return segment;
    }
  });
}

/** An empty body is none. */
function contentOf(body: WireContent | undefined): unknown {
  if (body === undefined || body.text === "") return undefined;
  return body.json ?? body.text ?? body.base64;
}
