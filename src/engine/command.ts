/** A prompt that the engine keeps under a name, for example from a file of the workspace. */
export interface Command {
  /** Without a slash. */
  readonly name: string;
  readonly description?: string | undefined;
  /** Where it comes from; an open union. */
  readonly source?: "command" | "mcp" | "skill" | (string & {}) | undefined;
  /** What of its text is replaced by arguments, for example `["$1", "$ARGUMENTS"]`. */
  readonly placeholders: readonly string[];
  /** The engine's agent that runs it, where it names one. */
  readonly agent?: string | undefined;
  /** `provider/model`, where it names one. */
  readonly model?: string | undefined;
  /** It runs in a session of its own, as a subagent. Default: false. */
  readonly subagent?: boolean | undefined;
}
