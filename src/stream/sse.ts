import { createParser } from "eventsource-parser";

const DEFAULT_MAX_FRAME_SIZE = 32 * 1024 * 1024;

/** What a frame may have besides `maxFrameSize` of data: its field names, and an `event:` or `id:` line. */
const FIELD_ALLOWANCE = 4096;

/** One server-sent event. */
export interface SseFrame {
  /** The `data:` lines, joined by newlines. */
  readonly data: string;
  /** The `event:` field, if there was one that is not empty. */
  readonly event?: string | undefined;
  /** The `id:` field of this very frame; an empty one resets the cursor. */
  readonly id?: string | undefined;
}

/** How {@link readSse} reads. The callbacks run when a chunk is parsed: before the frames of that chunk are handed out. */
export interface SseOptions {
  /** Most UTF-16 units in the data of one frame. Default 33,554,432 (32 Mi). */
  maxFrameSize?: number | undefined;
  /** Any bytes arrived, before they are parsed: a sign of life. */
  onActivity?: (() => void) | undefined;
  /** A comment line (servers use them to keep a connection alive), without its colon and one space. */
  onComment?: ((comment: string) => void) | undefined;
  /** A `retry:` line: how many milliseconds the server wants a client to wait before it reconnects. */
  onRetry?: ((ms: number) => void) | undefined;
  /** Ends the reading at once: frames not handed out yet are dropped, and `next()` throws `signal.reason` as it is. */
  signal?: AbortSignal | undefined;
}

/** A frame larger than `maxFrameSize`. The stream has been cancelled. */
export class SseFrameTooLargeError extends Error {
  override readonly name = "SseFrameTooLargeError";
  /** The `maxFrameSize` in force, in UTF-16 units. */
  readonly limit: number;

  constructor(limit: number, options?: ErrorOptions) {
    super(`A server-sent event is larger than the limit of ${limit} UTF-16 units (maxFrameSize)`, options);
    this.limit = limit;
  }
}

/** The frames of one stream, to be iterated once. */
export interface SseFrames extends AsyncIterableIterator<SseFrame, undefined> {
  next(): Promise<IteratorResult<SseFrame, undefined>>;
  /** Cancels the body and drops what was not handed out. Never waits; a pending `next()` is done. */
  return(): Promise<IteratorResult<SseFrame, undefined>>;
}

/**
 * Reads server-sent events from a `Response`, or from anything else with a `body`; no body is an empty stream. The body
 * is locked now and read as the frames are asked for. `break`, `return()` and the signal cancel the body, and with it the
 * socket, without waiting for anything, also while a read is pending.
 *
 * It ends when the stream does (an unfinished frame is dropped, as the standard says), and throws, once and after the
 * frames before it, the stream's own error, an {@link SseFrameTooLargeError}, or what a callback threw. Malformed lines
 * are ignored; malformed UTF-8 becomes U+FFFD.
 *
 * @throws TypeError when the body is locked, RangeError when `maxFrameSize` is not a positive number.
 */
export function readSse(
  response: { readonly body: ReadableStream<Uint8Array> | null },
  options: SseOptions = {},
): SseFrames {
  const { maxFrameSize = DEFAULT_MAX_FRAME_SIZE, onActivity, onComment, onRetry, signal } = options;
  if (!(maxFrameSize > 0)) throw new RangeError(`maxFrameSize must be positive, got ${maxFrameSize}`);

  const reader = response.body?.getReader();
  // The parser strips the byte order mark; were it done here as well, a second one would be lost with it.
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const parser = createParser({
    maxBufferSize: maxFrameSize + FIELD_ALLOWANCE,
    onComment,
    onRetry,
    onEvent(frame) {
      // The parser's own limit is about what waits between chunks. This one is exact, however the frame was cut.
      if (frame.data.length > maxFrameSize) throw new SseFrameTooLargeError(maxFrameSize);
      if (open) frames.push(frame);
    },
    onError(error) {
      if (error.type === "max-buffer-size-exceeded") {
        throw new SseFrameTooLargeError(maxFrameSize, { cause: error });
      }
    },
  });

  let open = true;
  let frames: SseFrame[] = [];
  let taken = 0;
  let failure: { readonly error: unknown } | undefined;

  const release = (reason?: unknown): void => {
    open = false;
    signal?.removeEventListener("abort", onAbort);
    // Settles a pending read at once. Not awaited: a source may take its time to close, or fail to.
    reader?.cancel(reason).catch(() => {});
    reader?.releaseLock();
  };

  const fail = (error: unknown): void => {
    if (!open) return;
    failure = { error };
    release(error);
  };

  const onAbort = (): void => {
    frames = [];
    taken = 0;
    fail(signal?.reason);
  };

  const take = (): SseFrame | undefined => {
    const frame = frames[taken];
    if (frame && ++taken === frames.length) {
      // Now, not with the next chunk: that may be hours away, and this one may be large.
      frames = [];
      taken = 0;
    }
    return frame;
  };

  const parse = (chunk: ReadableStreamReadResult<Uint8Array> | undefined): void => {
    if (!open) return;
    // A native abort runs its listeners one by one, and a read may settle before ours had its turn.
    if (signal?.aborted) onAbort();
    else if (!chunk || chunk.done) release();
    else if (chunk.value.byteLength > 0) {
      onActivity?.();
      parser.feed(decoder.decode(chunk.value, { stream: true }));
    }
  };

  let pulls = 0;
  let lastPull: Promise<unknown> = Promise.resolve();

  const pull = async (): Promise<IteratorResult<SseFrame, undefined>> => {
    try {
      while (true) {
        const frame = take();
        if (frame) return { done: false, value: frame };
        if (failure) {
          const { error } = failure;
          failure = undefined;
          throw error;
        }
        if (!open) return { done: true, value: undefined };
        try {
          parse(await reader?.read());
        } catch (error) {
          if (signal?.aborted) onAbort();
          else fail(error);
        }
      }
    } finally {
      pulls--;
    }
  };

  if (signal?.aborted) onAbort();
  else signal?.addEventListener("abort", onAbort);

  return {
    next() {
      // Calls that overlap are answered in order.
      const alone = pulls === 0;
      const frame = alone ? take() : undefined;
      if (frame) return Promise.resolve({ done: false, value: frame });
      pulls++;
      const result = alone ? pull() : lastPull.then(pull);
      lastPull = result.catch(() => {});
      return result;
    },
    return() {
      frames = [];
      taken = 0;
      failure = undefined;
      release();
      return Promise.resolve({ done: true, value: undefined });
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}
