/** A model that an engine can use. */
export interface Model {
  /** `provider/model`: what sessions and prompts take as `model`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** It answers where no model is asked for. */
  readonly isDefault: boolean;
}
