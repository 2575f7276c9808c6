import type { FrameLog } from "./frame-log.ts";
import { every } from "./timer.ts";

/** One server-sent event, as it stands on the wire. */
export function frameOf<Event extends { readonly type: string }>(event: Event, id?: string): string {
  const cursor = id === undefined ? "" : `id: ${id}\n`;
  return `${cursor}event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`;
}

export interface FollowOptions {
  /** The number of the frame after which to begin. */
  readonly after: number;
  /** Stands before everything else. */
  readonly greeting?: string | undefined;
  /** The longest silence, in milliseconds. */
  readonly heartbeatMs: number;
  /** The request's: aborts when the client left. */
  readonly signal: AbortSignal;
}

/** Most UTF-16 units that are handed over at once, unless a single frame has more. */
const CHUNK_SIZE = 65_536;

/**
 * Answers with a log's frames as they come, until it ends. Nothing waits here for a slow reader but the log itself: one
 * that falls behind what is kept is cut off, also if it does not read at all, and has to come back.
 */
export function eventStreamResponse(log: FrameLog, options: FollowOptions): Response {
  const headers = {
    "content-type": "text/event-stream",
    // Proxies that compress or gather an answer before they pass it on would hold events back.
    "cache-control": "no-store, no-transform",
    "x-accel-buffering": "no",
  };
  return new Response(follow(log, options), { headers });
}

function follow(
  log: FrameLog,
  { after, greeting = "", heartbeatMs, signal }: FollowOptions,
): ReadableStream<Uint8Array> {
  type Controller = ReadableStreamDefaultController<Uint8Array>;
  const encoder = new TextEncoder();
  let position = after;
  let begun = false;
  /** Somebody waits for what comes next. */
  let isAsked = false;
  let stop = () => {};

  const send = (controller: Controller, text: string): void => {
    isAsked = false;
    controller.enqueue(encoder.encode(text));
  };
  const leave = (controller: Controller): void => {
    stop();
    controller.close();
  };
  const flush = (controller: Controller): void => {
    if (!log.reaches(position)) {
      stop();
      // An end would wait in line behind what was not read yet, and the connection with it.
      controller.error(new Error("The reader of an event stream fell behind."));
      return;
    }
    if (!isAsked) return;
    let text = begun ? "" : greeting;
    begun = true;
    while (position < log.newest && text.length < CHUNK_SIZE) {
      position += 1;
      text += log.get(position) ?? "";
    }
    if (text !== "") send(controller, text);
    else if (log.isOver) leave(controller);
  };

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        const onAbort = () => leave(controller);
        const unwatch = log.watch(() => flush(controller));
        const silence = every(heartbeatMs, () => {
          if (isAsked) send(controller, ": heartbeat\n\n");
        });
        stop = () => {
          unwatch();
          silence();
          signal.removeEventListener("abort", onAbort);
        };
        if (signal.aborted) leave(controller);
        else signal.addEventListener("abort", onAbort, { once: true });
      },
      pull(controller) {
        isAsked = true;
        flush(controller);
      },
      cancel: () => stop(),
    },
    // What is not read yet waits in the log, once for all readers.
    { highWaterMark: 0 },
  );
}
