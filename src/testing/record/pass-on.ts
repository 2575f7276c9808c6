import { FrameSplitter, type Framing, framingOf } from "./frames.ts";

/** What is told of a body while it passes. One of the last three comes at most once, and nothing after it. */
export interface BodyListener {
  frame(text: string): void;
  /** The whole of a body that is no stream of frames, or as much as came. */
  body(bytes: Uint8Array): void;
  end(): void;
  failure(cause: unknown): void;
  /** Its reader wants no more. */
  left(): void;
}

/** The same answer, whose body is listened to while its reader reads it: what is told is told before he has it. */
export function passOn(response: Response, signal: AbortSignal, listener: BodyListener): Response {
  const { status, statusText, headers } = response;
  if (response.body === null) {
    listener.end();
    return response;
  }
  const reader = response.body.getReader();
  const taking = takerFor(framingOf(headers.get("content-type")), listener);
  let isOver = false;
  const over = (tell: () => void) => {
    if (isOver) return;
    isOver = true;
    taking.finish();
    tell();
  };
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          const { done, value } = await reader.read();
          if (isOver) return;
          if (done) {
            over(() => listener.end());
            controller.close();
          } else {
            taking.take(value);
            controller.enqueue(value);
          }
        } catch (cause) {
          over(() => (signal.aborted ? listener.left() : listener.failure(cause)));
          controller.error(cause);
        }
      },
      cancel(reason) {
        over(() => listener.left());
        return reader.cancel(reason);
      },
    },
    // Nothing is read that nobody asked for: the reader's pace is the connection's.
    { highWaterMark: 0 },
  );
  return new Response(body, { status, statusText, headers });
}

interface Taker {
  take(bytes: Uint8Array): void;
  /** Nothing more comes. */
  finish(): void;
}

function takerFor(framing: Framing | undefined, listener: BodyListener): Taker {
  if (framing === undefined) {
    const chunks: Uint8Array[] = [];
    return {
      take: (bytes) => chunks.push(bytes),
      finish: () => listener.body(Buffer.concat(chunks)),
    };
  }
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const splitter = new FrameSplitter(framing);
  const tell = (frames: readonly string[]) => {
    for (const frame of frames) listener.frame(frame);
  };
  return {
    take: (bytes) => tell(splitter.feed(decoder.decode(bytes, { stream: true }))),
    finish() {
      tell(splitter.feed(decoder.decode()));
      const rest = splitter.rest();
      if (rest !== "") listener.frame(rest);
    },
  };
}
