/** The codes that this release knows. New ones are a minor change: keep a `default` branch. */
export type KnownEngineErrorCode =
  | "ENGINE_UNAVAILABLE"
  | "SESSION_NOT_FOUND"
  | "SESSION_RUNNING"
  | "PROMPT_ABORTED"
  | "PERMISSION_DENIED"
  | "RATE_LIMITED"
  | "CONTEXT_OVERFLOW"
  | "AUTH_REQUIRED"
  | "INVALID_REQUEST"
  | "INVALID_RESPONSE"
  | "TIMEOUT"
  | "UNSUPPORTED"
  | "PERMISSION_NOT_FOUND"
  | "QUESTION_NOT_FOUND"
  | "EVENT_OVERFLOW"
  | "PROVIDER_ERROR"
  | "TURN_LOST"
  | "PROCESS_FAILED"
  | "CONFIG_INVALID"
  | "MCP_FAILED"
  | "HISTORY_UNREADABLE"
  | "UNKNOWN";

/** An open union: editors complete the known codes, and a newer engine may send others. */
export type EngineErrorCode = KnownEngineErrorCode | (string & {});

/** An error as plain data: on messages, in events and over the wire. */
export interface EngineErrorInfo {
  readonly code: EngineErrorCode;
  /** One sentence: what, where and what to do. */
  readonly message: string;
  readonly sessionId?: string | undefined;
  /** How long to wait before trying again, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Whether it may go well the next time. Default: by the code, as in `EngineErrorOptions`. */
  readonly retryable?: boolean | undefined;
}

export interface EngineErrorOptions {
  /** What was caught, unchanged. */
  readonly cause?: unknown;
  /** Id of the engine, for example `"opencode"`. */
  readonly engine?: string | undefined;
  readonly sessionId?: string | undefined;
  /** HTTP status, where there was one. */
  readonly status?: number | undefined;
  /** Default: true for `ENGINE_UNAVAILABLE`, `RATE_LIMITED` and `TIMEOUT`. */
  readonly retryable?: boolean | undefined;
  readonly retryAfterMs?: number | undefined;
}

const RETRYABLE: ReadonlySet<string> = new Set(["ENGINE_UNAVAILABLE", "RATE_LIMITED", "TIMEOUT"]);

// Registered, not private: `EngineError.is` must hold for an error from a second copy of this package.
const BRAND = Symbol.for("@quantumreef/engine-client/EngineError");

/**
 * The one error of this package. `code` is stable and says what a caller can act on;
 * `message` says what happened, where, and what to do.
 *
 * @example
 * ```ts
 * try {
 *   await client.session.get(id);
 * } catch (error) {
 *   if (!EngineError.is(error, "SESSION_NOT_FOUND")) throw error;
 *   console.log("It was deleted.");
 * }
 * ```
 */
export class EngineError extends Error {
  override readonly name = "EngineError";
  readonly code: EngineErrorCode;
  readonly engine: string | undefined;
  readonly sessionId: string | undefined;
  readonly status: number | undefined;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(code: EngineErrorCode, message: string, options: EngineErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.engine = options.engine;
    this.sessionId = options.sessionId;
    this.status = options.status;
    this.retryable = options.retryable ?? RETRYABLE.has(code);
    this.retryAfterMs = options.retryAfterMs;
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** Is this an `EngineError` (with this code)? Unlike `instanceof` it works across duplicate bundles. */
  static is(error: unknown, code?: EngineErrorCode): error is EngineError {
    if (typeof error !== "object" || error === null || !(BRAND in error)) return false;
    return code === undefined || ("code" in error && error.code === code);
  }

  /** Makes an error of its plain form. */
  static from(info: EngineErrorInfo, options: EngineErrorOptions = {}): EngineError {
    return fromInfo(info, options);
  }

  /** The plain form. Never holds the cause, so it is safe to log and to send. */
  toJSON(): EngineErrorInfo {
    return {
      code: this.code,
      message: this.message,
      ...(this.sessionId === undefined ? {} : { sessionId: this.sessionId }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
      ...(this.retryable === RETRYABLE.has(this.code) ? {} : { retryable: this.retryable }),
    };
  }
}

// A class that names itself inside gets another name in the build, and uncaught errors are printed under that.
function fromInfo(info: EngineErrorInfo, options: EngineErrorOptions): EngineError {
  return new EngineError(info.code, info.message, {
    ...options,
    sessionId: info.sessionId ?? options.sessionId,
    retryAfterMs: info.retryAfterMs ?? options.retryAfterMs,
    retryable: info.retryable ?? options.retryable,
  });
}

/** What anything that was thrown says of itself. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  // A connection that was refused on several addresses has a code and no message.
  return error.message || ("code" in error ? String(error.code) : error.name);
}
