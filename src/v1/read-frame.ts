import type { DriverItem, DriverReport } from "../engine/driver.ts";
import type { SseFrame } from "../stream/sse.ts";
import { decodeBusEvent } from "./decode-bus-event.ts";
import { wireEventSchema } from "./schema/bus-event.ts";
import { turnEventSchema, turnEventTypes, type V1TurnEvent } from "./schema/turn-event.ts";

/** What a frame of the bus tells. A malformed one is a diagnostic, and the stream goes on. */
export function* readBusFrame({ data, id: cursor }: SseFrame, report: DriverReport): Iterable<DriverItem> {
  const events = readable(data, report, () => decodeBusEvent(JSON.parse(data))) ?? [];
  // All that one frame tells is behind its cursor: of the last fact only it may be said that it was taken.
  for (const [index, event] of events.entries()) {
    yield index === events.length - 1 ? { event, cursor } : { event };
  }
}

/** What a frame of a turn tells; `undefined` if it is malformed, or of a type that is not known here. */
export function readTurnFrame({ data }: SseFrame, report: DriverReport): V1TurnEvent | undefined {
  return readable(data, report, () => {
    const value: unknown = JSON.parse(data);
    const { type } = wireEventSchema.parse(value);
    return turnEventTypes.has(type) ? turnEventSchema.parse(value) : undefined;
  });
}

function readable<T>(data: string, report: DriverReport, read: () => T): T | undefined {
  try {
    return read();
  } catch (cause) {
    const message = `The engine sent an event that could not be read; it was left out: ${data.slice(0, 200)}`;
    report.diagnostic({ level: "warning", code: "malformed_event", message, cause });
    return undefined;
  }
}
