/** A model that an engine can use. What the engine does not know of it is absent. */
export interface Model {
  /** `provider/model`: what sessions and prompts take as `model`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** It answers where no model is asked for. */
  readonly isDefault: boolean;
  /** Id of its provider. */
  readonly provider?: string | undefined;
  /** In tokens. */
  readonly limits?: ModelLimits | undefined;
  /** What a prompt may hold. */
  readonly inputs?: readonly ModelInput[] | undefined;
  /** It can reason before it answers. */
  readonly reasoning?: boolean | undefined;
  /** It can call tools: without that an agent can do nothing but talk. */
  readonly toolUse?: boolean | undefined;
  readonly cost?: ModelCost | undefined;
  readonly status?: ModelStatus | undefined;
  /** Names that a prompt takes as `variant`, such as `"high"`: mostly how much it reasons. Default: none. */
  readonly variants?: readonly string[] | undefined;
}

export interface ModelLimits {
  /** Of the whole conversation. */
  readonly context?: number | undefined;
  /** Of what is sent, where that is less than the context. */
  readonly input?: number | undefined;
  /** Of one answer. */
  readonly output?: number | undefined;
}

/** An open union. */
export type ModelInput = "text" | "image" | "audio" | "video" | "pdf" | (string & {});

/** US dollars for a million tokens. */
export interface ModelCost {
  readonly input: number;
  readonly output: number;
  readonly cacheRead?: number | undefined;
  readonly cacheWrite?: number | undefined;
}

/** An open union. */
export type ModelStatus = "alpha" | "beta" | "active" | "deprecated" | (string & {});
