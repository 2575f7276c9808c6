/** Something worth knowing that is no error of the caller: malformed input, a handler that threw, a reconnect. */
export interface Diagnostic {
  readonly level: "info" | "warning" | "error";
  /** Stable and short, for example `"malformed_event"`. */
  readonly code: string;
  /** One sentence. Never holds a secret. */
  readonly message: string;
  readonly sessionId?: string | undefined;
  readonly cause?: unknown;
}

/** Takes diagnostics; must not throw. */
export type DiagnosticHandler = (diagnostic: Diagnostic) => void;
