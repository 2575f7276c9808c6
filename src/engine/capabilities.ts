/** What an engine, in the dialect that is spoken with it, can do. Plain data. */
export interface EngineCapabilities {
  /** Messages can be stored without running the model. */
  readonly storeMessage: boolean;
  /** Attachments may stand at `http:` and `https:` addresses: it fetches them. Where it doesn't, the client does. */
  readonly urlAttachments: boolean;
  /** Tools ask for permission, and replies are taken. */
  readonly permissions: boolean;
  /** Edits and writes can be made to ask first, with their diff. */
  readonly reviewEdits: boolean;
  /** Tools can be turned off for one prompt. */
  readonly promptTools: boolean;
  readonly diff: boolean;
  readonly summarize: boolean;
  /** What the model asks people is listed, and answers are taken. */
  readonly questions: boolean;
  /** The title of a session can be changed, it can be starred and archived. */
  readonly updateSession: boolean;
  /** A session that was archived can be taken back. */
  readonly unarchive: boolean;
  readonly deleteSession: boolean;
  /** A session can be copied, up to a message. */
  readonly fork: boolean;
  /** What a session did since a message can be taken back, and that undone. */
  readonly revert: boolean;
  /** The list that the agent works through can be read. */
  readonly todo: boolean;
  /** Its MCP servers are listed, and can be added and switched on and off. */
  readonly mcp: boolean;
  /** The models that it can use are listed. */
  readonly models: boolean;
  /** It keeps prompts under names (slash commands): they are listed and run. */
  readonly commands: boolean;
  /** Where it has its models from is listed. */
  readonly providers: boolean;
  /** Its agents are listed, and a prompt can choose one. */
  readonly agents: boolean;
  /** A prompt can choose a variant of its model. */
  readonly variants: boolean;
  /** `client.request()` reaches the engine's own routes. */
  readonly request: boolean;
}

export type EngineCapability = keyof EngineCapabilities;

/**
 * Nothing besides what every engine can do. A driver names what its engine can: what later releases of this package add
 * to the list it then lacks, and still compiles.
 *
 * @example `capabilities: { ...noCapabilities, permissions: true }`
 */
export const noCapabilities: EngineCapabilities = {
  storeMessage: false,
  urlAttachments: false,
  permissions: false,
  reviewEdits: false,
  promptTools: false,
  diff: false,
  summarize: false,
  questions: false,
  updateSession: false,
  unarchive: false,
  deleteSession: false,
  fork: false,
  revert: false,
  todo: false,
  mcp: false,
  models: false,
  commands: false,
  providers: false,
  agents: false,
  variants: false,
  request: false,
};
