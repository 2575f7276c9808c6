import { EngineError } from "./errors.ts";

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

/** Tools that are off for one prompt, by their names: `{ bash: false }`. */
export type PromptTools = Readonly<Record<string, false>>;

/**
 * The names of the tools that are off.
 * @throws EngineError `INVALID_REQUEST` for what is no `false`: code without types can pass anything
 */
export function toToolsOff(tools: PromptTools = {}, ifRunning: IfRunning = "queue"): readonly string[] {
  for (const [name, value] of Object.entries<unknown>(tools)) {
    if (value === false) continue;
    const message = `tools.${name} is ${JSON.stringify(value)}: a prompt can only turn tools off, with false. What may run unasked is for permission policies to say.`;
    throw new EngineError("INVALID_REQUEST", message);
  }
  const names = Object.keys(tools);
  if (names.length === 0 || ifRunning !== "steer") return names;
  const message =
    'No tool can be turned off in a turn that runs already; send the prompt with ifRunning: "queue".';
  throw new EngineError("INVALID_REQUEST", message);
}
