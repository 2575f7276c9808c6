/** A way of working that an engine offers: its own instructions, permissions and perhaps model. */
export interface Agent {
  /** What a prompt takes as `agent`. */
  readonly id: string;
  /** For people: what it is for. */
  readonly description?: string | undefined;
  /** Whether people prompt it (`"primary"`), other agents do (`"subagent"`), or both. */
  readonly role: "primary" | "subagent" | "both";
  /** It works where no agent is asked for. */
  readonly isDefault: boolean;
  /** `provider/model`, if it has one of its own; it is used unless the prompt asks for another. */
  readonly model?: string | undefined;
}
