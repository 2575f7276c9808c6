/** What a prompt does when its session is at work, whoever put it to work. */
export type IfRunning =
  /** It waits in the client until the session is at rest: one prompt, one answer. */
  | "queue"
  /** It is sent at once. An engine may take the running turn over for it: that one then settles `superseded`. */
  | "steer"
  /** It fails with `SESSION_RUNNING`, as far as the client can know. */
  | "reject"
  /** What runs is stopped first, and what waits is dropped. */
  | "abort";

/** How long a prompt may take, in milliseconds. What is exceeded stops the engine and fails with `TIMEOUT`. */
export interface PromptTimeouts {
  /** Until the engine's events are open. Default: the client's `connectTimeout`. */
  readonly connect?: number | undefined;
  /** From its acceptance until the engine says anything of it, or that it works. Default: 120000. */
  readonly firstEvent?: number | undefined;
  /** Between two things that the engine says; the time that a person takes to answer does not count. Default: none. */
  readonly inactivity?: number | undefined;
  /** All of it, also the time in a queue. Default: none. */
  readonly total?: number | undefined;
}
