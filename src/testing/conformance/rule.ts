import type { Stage } from "./stage.ts";

/** What an engine must keep to. docs/conformance.md says of each why, and what breaks in an application otherwise. */
export interface Rule {
  /** For ever: a rule that goes takes its number with it. */
  readonly number: RuleNumber;
  readonly says: string;
  /** It looks at the driver itself, or comes between it and the package: a client is not enough. */
  readonly needsDriver?: true;
  /** Milliseconds that it takes at least. Default: next to nothing. */
  readonly takes?: number;
  /** Rejects with an error that says what is wrong. */
  check(stage: Stage): Promise<void>;
}

export type RuleNumber = `R${number}`;
