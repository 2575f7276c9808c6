/** What an engine, in the dialect that is spoken with it, can do. Plain data. */
export interface EngineCapabilities {
  /** Messages can be stored without running the model. */
  readonly storeMessage: boolean;
  /** Tools ask for permission, and replies are taken. */
  readonly permissions: boolean;
  /** Edits and writes can be made to ask first, with their diff. */
  readonly reviewEdits: boolean;
  readonly diff: boolean;
  readonly summarize: boolean;
  /** The models that it can use are listed. */
  readonly models: boolean;
  /** `client.request()` reaches the engine's own routes. */
  readonly request: boolean;
}

export type EngineCapability = keyof EngineCapabilities;
