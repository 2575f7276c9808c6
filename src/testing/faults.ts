import { startFakeOpenCode } from "./faults/fake-open-code.ts";
import {
  duplicateFrames,
  hugeFrame,
  injectFrame,
  malformedFrame,
  reorderFrames,
  unknownFrame,
} from "./faults/frame-faults.ts";
import { createFaultProxy } from "./faults/proxy.ts";
import { parseRecording } from "./faults/recording.ts";

/**
 * What goes wrong between a client and its engine, on purpose: a proxy that breaks connections at any byte, and a server
 * that plays recorded OpenCode traffic. For Node.
 *
 * @example
 * ```ts
 * const proxy = await faults.createProxy({ target: "http://127.0.0.1:4096" });
 * proxy.inject({ on: "/global/event", type: "cut", after: 1000, times: 1 });
 * const client = new OpenCodeClient({ baseUrl: proxy.url });
 * ```
 */
export const faults = {
  createProxy: createFaultProxy,
  startFakeOpenCode,
  parseRecording,
  duplicateFrames,
  injectFrame,
  malformedFrame,
  reorderFrames,
  unknownFrame,
  hugeFrame,
} as const;
