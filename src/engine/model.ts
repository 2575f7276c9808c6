/** A model that an engine can use. */
export interface Model {
  /** `provider/model`: what sessions and prompts take as `model`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** It answers where no model is asked for. */
  readonly isDefault: boolean;
  /** How many tokens it can read at once; absent where the engine does not know. */
  readonly contextLimit?: number | undefined;
}
