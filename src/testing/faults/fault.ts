import type { FrameTransform } from "./frame-faults.ts";

/**
 * Where in an answer a fault begins: after so many bytes of the body (as the target wrote it, without the framing of
 * HTTP), or at `"head"`: the target has answered, and not even the status line has been passed on. An answer that has
 * fewer bytes passes unharmed.
 */
export type FaultStart = number | "head";

/** The connection to the client is closed: by a FIN, so that the client still gets every byte before it, or by a reset. */
export interface CutFault {
  readonly type: "cut";
  /** Default: 0, right after the headers. */
  readonly after?: FaultStart | undefined;
  /**
   * A reset (RST, `ECONNRESET`) instead of a FIN, 10 ms after the last byte. As on a real network, the client may lose
   * what it has not read by then. Default: false.
   */
  readonly reset?: boolean | undefined;
}

/** The body ends properly, as if the target had no more to say. A `content-length` is left out. */
export interface EndFault {
  readonly type: "end";
  /** Bytes of the body. Default: 0. */
  readonly after?: number | undefined;
}

/** For some time nothing passes, in neither direction; then all that was held goes on. */
export interface StallFault {
  readonly type: "stall";
  /** How long, in milliseconds. */
  readonly ms: number;
  /** Default: 0, right after the headers. */
  readonly after?: FaultStart | undefined;
}

/**
 * Nothing passes any more, in neither direction: no byte, no FIN, not even when the other end has left. The connection
 * is half-open until `close()` or `cutAll()`.
 */
export interface HangFault {
  readonly type: "hang";
  /** Default: 0, right after the headers. */
  readonly after?: FaultStart | undefined;
}

/** The body is passed on in small pieces, one in each turn of the event loop. */
export interface TrickleFault {
  readonly type: "trickle";
  /** The size of a piece. Default: 1. */
  readonly bytes?: number | undefined;
  /** Bytes of the body that pass as they come. Default: 0. */
  readonly after?: number | undefined;
}

/**
 * The frames of a `text/event-stream` are changed; answers of other types pass unharmed. A frame is held until it is
 * whole, whatever its size; an unfinished one at the end passes as it is.
 */
export interface FramesFault {
  readonly type: "frames";
  /** What is sent instead of a frame; `faults.duplicateFrames()` and the others beside it are ready-made. */
  readonly transform: FrameTransform;
  /** Frames that begin before this byte of the body are left alone. Default: 0. */
  readonly after?: number | undefined;
}

/** The proxy answers by itself. The target does not hear of the request. */
export interface RespondFault {
  readonly type: "respond";
  readonly status: number;
  /** Default: none. `content-length` is added. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Default: empty. */
  readonly body?: string | Uint8Array | undefined;
}

/** New connections are closed as soon as they are made. Open ones live on. */
export interface RefuseFault {
  readonly type: "refuse";
  /** By a reset (`ECONNRESET`) instead of a FIN. Default: false. */
  readonly reset?: boolean | undefined;
}

/** What can go wrong with one exchange: a request and its answer. */
export type ExchangeFault =
  | CutFault
  | EndFault
  | StallFault
  | HangFault
  | TrickleFault
  | FramesFault
  | RespondFault;

/** A request, as the rules see it. */
export interface FaultRequest {
  readonly method: string;
  /** As the client sent it, with its query. */
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
}

/**
 * Which exchanges: those with this path (without the query), those with a path (and query) that matches, or those for
 * which the function returns true.
 */
export type FaultSelector = string | RegExp | ((request: FaultRequest) => boolean);

export interface FaultLimit {
  /**
   * How many exchanges (with `refuse`: connections) it is for, also those whose answer is too short for it; then it is
   * over. Default: all, until `stop()`.
   */
  readonly times?: number | undefined;
}

export interface FaultScope extends FaultLimit {
  /** Default: all exchanges. */
  readonly on?: FaultSelector | undefined;
}

/** A fault, and what it is for: plain data. */
export type FaultRule = (ExchangeFault & FaultScope) | (RefuseFault & FaultLimit);
