/** Where an engine has its models from. */
export interface Provider {
  /** What stands before the `/` in the ids of its models. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  readonly credentials: ProviderCredentials;
  /** `provider/model`: the one that is picked where this provider is used, and no model is asked for. */
  readonly defaultModel?: string | undefined;
}

/** Where the credentials of a provider come from. Never what they are. */
export interface ProviderCredentials {
  readonly source: CredentialSource;
  /** The environment variables of the engine's process in which it looks for them; any one may be enough. */
  readonly variables: readonly string[];
}

/** An open union. */
export type CredentialSource =
  /** One of the `variables`. */
  | "environment"
  /** The engine's configuration. */
  | "configuration"
  /** What the engine stored when somebody logged in. */
  | "login"
  /** The engine finds them in a way of its own, such as a profile of AWS. */
  | "engine"
  /** There are some, and the engine does not say from where: the `variables`, or a login. */
  | "unknown"
  /** It has none; local and free models need none. */
  | "none"
  | (string & {});
