import type { DriverItem, DriverReport } from "../../engine/driver.ts";
import type { DriverEvent } from "../../engine/driver-events.ts";
import type { SseFrame } from "../../stream/sse.ts";
import { decodeEvent } from "./decode-event.ts";
import { frameSchema } from "./schema/events.ts";

// `/global/event` sends durable events twice. The copy is told by its first bytes and never parsed; further in, the
// same words could be somebody's text.
const SYNC_COPY = /^\{(?:"directory":"(?:[^"\\]|\\.)*",)?(?:"project":"[^"\\]*",)?"payload":\{"type":"sync"/;

export interface FrameContext {
  readonly report: DriverReport;
  /** Told of the directory of every event that has one: some routes want to know it. */
  sawSession(sessionId: string, directory: string): void;
  /** The id of the event before; kept by `readFrame`. */
  lastEventId?: unknown;
}

/** What a frame of `/global/event` or `/event` tells. A malformed one is a diagnostic, and the stream goes on. */
export function* readFrame({ data }: SseFrame, context: FrameContext): Iterable<DriverItem> {
  const { report, sawSession } = context;
  if (SYNC_COPY.test(data)) return;
  try {
    const { payload, directory } = frameSchema.parse(JSON.parse(data));
    if (payload.type === "sync") return;
    if (payload.type === "server.heartbeat") return report.beat();
    // A frame that comes twice: of a delta nothing but the id of its event would tell. Older releases send none.
    if (payload.id !== undefined && payload.id === context.lastEventId) return;
    context.lastEventId = payload.id;
    for (const event of decodeEvent(payload, Date.now())) {
      if (directory && "sessionId" in event && event.sessionId !== undefined)
        sawSession(event.sessionId, directory);
      reportUnreadable(event, report);
      yield typeof payload.id === "string" ? { event, id: payload.id } : { event };
    }
  } catch (cause) {
    const message = `The engine sent an event that could not be read; it was left out: ${data.slice(0, 200)}`;
    report.diagnostic({ level: "warning", code: "malformed_event", message, cause });
  }
}

const UNREADABLE = /^Read tool failed to read (.+?) with the following error: (.+)/s;

/** An attachment that the engine can't read is no error of the turn: the model is told, in the person's name. */
function reportUnreadable(event: DriverEvent, report: DriverReport): void {
  if (event.type !== "part_updated" || event.part.type !== "text" || !event.part.synthetic) return;
  const [, path, reason] = UNREADABLE.exec(event.part.text) ?? [];
  if (path === undefined) return;
  const { sessionId } = event;
  const message = `The engine can't read the attachment ${path}, and tells its model so: ${reason}`;
  report.diagnostic({ level: "warning", code: "attachment_unreadable", message, sessionId });
}
