import { randomBytes } from "node:crypto";
import { EngineError } from "../../engine/errors.ts";
import type { HeadersRecord, HeadersSource } from "../../http/headers.ts";
import type { Environment } from "../places.ts";

/** Who may use a server. `password: undefined`: everybody on this machine. */
export interface Credentials {
  readonly username: string;
  readonly password: string | undefined;
}

/** For a server that runs already, and that this package knows nothing of. */
export function knownCredentials(password: string | false | undefined, env: Environment): Credentials {
  const known = password === false ? undefined : password || env.OPENCODE_SERVER_PASSWORD || undefined;
  return { username: env.OPENCODE_SERVER_USERNAME || "opencode", password: known };
}

/**
 * For a server that is to be started: a password that nobody knows, unless somebody named one.
 * @throws EngineError `CONFIG_INVALID` for a server that the whole network could use
 */
export function newCredentials(
  password: string | false | undefined,
  env: Environment,
  host: string,
): Credentials {
  if (password === false && !isLoopback(host)) {
    throw new EngineError(
      "CONFIG_INVALID",
      `A server on host ${JSON.stringify(host)} without a password could be used by everybody who reaches this machine, to run any command. Leave out password: false, or use host 127.0.0.1.`,
      { engine: "opencode" },
    );
  }
  const { username, password: known } = knownCredentials(password, env);
  const fresh = () => randomBytes(32).toString("base64url");
  return { username, password: password === false ? undefined : (known ?? fresh()) };
}

/** Only this machine reaches it. */
export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[(.*)\]$/, "$1");
  return name === "localhost" || name === "::1" || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(name);
}

export function basicAuth(username: string, password: string | undefined): HeadersRecord {
  if (password === undefined) return {};
  return { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` };
}

/** The caller's own headers, and the credentials where those have none. */
export function withCredentials(
  source: HeadersSource | undefined,
  { username, password }: Credentials,
): HeadersSource {
  const access = basicAuth(username, password);
  const join = (own: HeadersRecord): HeadersRecord =>
    Object.keys(own).some((name) => name.toLowerCase() === "authorization") ? own : { ...access, ...own };
  return typeof source === "function" ? async () => join(await source()) : join(source ?? {});
}
