import fc from "fast-check";
import type { ExchangeFault, FaultRequest } from "../../src/testing/faults/fault.ts";
import {
  duplicateFrames,
  hugeFrame,
  malformedFrame,
  reorderFrames,
  unknownFrame,
} from "../../src/testing/faults/frame-faults.ts";
import type { FaultProxy } from "../../src/testing/faults/proxy.ts";

/** What a client of OpenCode asks for, as far as it may be disturbed without its user having to do anything. */
export type Road = "events" | "reads" | "prompt" | "abort" | "reply";

export interface Disturbance {
  readonly road: Road;
  /** For the table of what was tried. */
  readonly name: string;
  readonly fault: ExchangeFault;
}

/** What goes wrong, one exchange after the other. */
export type Schedule = readonly Disturbance[];

const html = { "content-type": "text/html" };
const page = "<!doctype html><title>Bad gateway</title>";

const start = fc.oneof(fc.constant("head" as const), fc.nat(30_000), fc.nat(2_000));

/** What happens to event streams. */
const streamFault: fc.Arbitrary<readonly [string, ExchangeFault]> = fc.oneof(
  { weight: 4, arbitrary: start.map((after) => ["cut after any byte", { type: "cut", after }] as const) },
  start.map((after) => ["reset after any byte", { type: "cut", after, reset: true }] as const),
  fc.nat(30_000).map((after) => ["a clean end", { type: "end", after }] as const),
  fc
    .record({ after: fc.nat(20_000), ms: fc.integer({ min: 1, max: 40 }) })
    .map((stall) => ["a stall", { type: "stall", ...stall }] as const),
  fc
    .record({ after: fc.nat(20_000), bytes: fc.integer({ min: 1, max: 7 }) })
    .map((trickle) => ["a trickle, byte by byte", { type: "trickle", ...trickle }] as const),
  fc.constant(["every frame twice", { type: "frames", transform: duplicateFrames() }] as const),
  fc
    .constantFrom(/"type":"session\.updated"/, /"type":"session\.diff"/)
    .map((type) => ["frames in another order", { type: "frames", transform: reorderFrames(type) }] as const),
  fc
    .integer({ min: 1, max: 20 })
    .map((after) => ["an unknown frame", { type: "frames", transform: unknownFrame(after) }] as const),
  fc
    .integer({ min: 1, max: 20 })
    .map((after) => ["malformed JSON", { type: "frames", transform: malformedFrame(after) }] as const),
  fc
    .integer({ min: 1, max: 20 })
    .map((after) => ["a frame of 256 KB", { type: "frames", transform: hugeFrame(262_144, after) }] as const),
  fc.constant([
    "200 with another content type",
    { type: "respond", status: 200, headers: html, body: page },
  ] as const),
  fc.constant([
    "503 with Retry-After",
    { type: "respond", status: 503, headers: { "retry-after": "0" } },
  ] as const),
  fc.constant(["500 and a page", { type: "respond", status: 500, headers: html, body: page }] as const),
);

/** What happens to other requests: what may be asked again is. */
const callFault: fc.Arbitrary<readonly [string, ExchangeFault]> = fc.oneof(
  start.map((after) => ["cut after any byte", { type: "cut", after }] as const),
  fc.constant(["the answer is lost", { type: "cut", after: "head" }] as const),
  fc.constant([
    "503 with Retry-After",
    { type: "respond", status: 503, headers: { "retry-after": "0" } },
  ] as const),
  fc.integer({ min: 1, max: 40 }).map((ms) => ["a stall", { type: "stall", ms, after: "head" }] as const),
);

const disturbance: fc.Arbitrary<Disturbance> = fc.oneof(
  {
    weight: 3,
    arbitrary: streamFault.map(([name, fault]) => ({ road: "events" as const, name, fault })),
  },
  fc
    .tuple(fc.constantFrom<Road[]>("reads", "prompt", "abort", "reply"), callFault)
    .map(([road, [name, fault]]) => ({ road, name, fault })),
);

export const schedules: fc.Arbitrary<Schedule> = fc.array(disturbance, { minLength: 1, maxLength: 6 });

/** Puts a schedule into force. */
export function disturb(proxy: FaultProxy, schedule: Schedule): void {
  const first = schedule.find(({ road }) => road === "events")?.fault;
  // A stream that never begins has nothing to do with an engine, as far as a client can know: it says so at once.
  if (first !== undefined && isRefusal(first))
    proxy.inject({ type: "cut", after: 600, on: ROADS.events, times: 1 });
  for (const { road, fault } of schedule) proxy.inject({ ...fault, on: ROADS[road], times: 1 });
}

function isRefusal(fault: ExchangeFault): boolean {
  if (fault.type === "respond") return true;
  return "after" in fault && fault.after !== undefined && (fault.after === "head" || fault.after < 600);
}

const ROADS: Readonly<Record<Road, (request: FaultRequest) => boolean>> = {
  events: ({ path }) => path.startsWith("/global/event"),
  reads: ({ method, path }) =>
    method === "GET" && /^\/(?:session|permission|question|experimental)/.test(path),
  prompt: ({ method, path }) => method === "POST" && /\/prompt_async/.test(path),
  abort: ({ method, path }) => method === "POST" && /\/abort$/.test(path),
  reply: ({ method, path }) => method === "POST" && /^\/permission\/.*\/reply/.test(path),
};

/** How many schedules run: a bounded number in `npm test`, many with `npm run test:faults`. */
export function runs(inTest: number, inFaults: number): number {
  const asked = Number(process.env.FAULT_RUNS ?? Number.NaN);
  if (Number.isInteger(asked)) return asked;
  return process.env.FAULTS === "all" ? inFaults : inTest;
}
