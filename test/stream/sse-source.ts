import type { SseFrame } from "../../src/stream/sse.ts";

const encoder = new TextEncoder();

/** A body that is under the test's control, and what happened to it. */
export interface Source {
  readonly body: ReadableStream<Uint8Array>;
  /** The reasons it was cancelled with. */
  readonly cancelled: unknown[];
  write(chunk: string | Uint8Array): void;
  close(): void;
  error(reason: unknown): void;
}

/** An open body. `onCancel` is the source's own way to close: it may throw or never finish. */
export function openSource(onCancel: () => void | Promise<void> = () => {}): Source {
  const cancelled: unknown[] = [];
  const controllers: ReadableStreamDefaultController<Uint8Array>[] = [];
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      controllers.push(controller);
    },
    cancel(reason) {
      cancelled.push(reason);
      return onCancel();
    },
  });
  const [controller] = controllers;
  if (!controller) throw new Error("start() was not called");
  return {
    body,
    cancelled,
    write: (chunk) => controller.enqueue(typeof chunk === "string" ? encoder.encode(chunk) : chunk),
    close: () => controller.close(),
    error: (reason) => controller.error(reason),
  };
}

/** A body of these chunks that is read as slowly as possible: nothing is produced ahead of a read. */
export function bodyOf(...chunks: (string | Uint8Array)[]): {
  readonly body: ReadableStream<Uint8Array>;
  reads: number;
} {
  const left = chunks.values();
  const source = {
    reads: 0,
    body: new ReadableStream<Uint8Array>(
      {
        pull(controller) {
          source.reads++;
          const { done, value } = left.next();
          if (done) controller.close();
          else controller.enqueue(typeof value === "string" ? encoder.encode(value) : value);
        },
      },
      { highWaterMark: 0 },
    ),
  };
  return source;
}

/** The bytes of `text` in pieces of `size`. */
export function cut(text: string | Uint8Array, size: number): Uint8Array[] {
  const bytes = typeof text === "string" ? encoder.encode(text) : text;
  const pieces: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size));
  return pieces;
}

/** A frame with what it has and nothing else. */
export function plain({ data, event, id }: SseFrame): SseFrame {
  return {
    data,
    ...(event === undefined ? undefined : { event }),
    ...(id === undefined ? undefined : { id }),
  };
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** What `promise` rejects with; a rejection with `undefined` is one too. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  return promise.then(
    (value) => {
      throw new Error(`Did not reject, but gave ${JSON.stringify(value)}`);
    },
    (error: unknown) => error,
  );
}

/** Runs `work`, lets the event loop turn, and gives the rejections that nobody handled. */
export async function unhandledRejections(work: () => Promise<void> | void): Promise<unknown[]> {
  const unhandled: unknown[] = [];
  const listener = (reason: unknown) => unhandled.push(reason);
  process.on("unhandledRejection", listener);
  try {
    await work();
    await new Promise(setImmediate);
    await new Promise(setImmediate);
  } finally {
    process.off("unhandledRejection", listener);
  }
  return unhandled;
}
