/** An item of the list that an agent works through. */
export interface Todo {
  readonly content: string;
  /** As the engine says it, for example `"pending"`, `"in_progress"`, `"completed"`, `"cancelled"`. */
  readonly status: string;
  /** For example `"high"`, `"medium"`, `"low"`. */
  readonly priority: string;
}
