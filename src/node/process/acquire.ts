import { randomUUID } from "node:crypto";
import { join } from "node:path";
import type { DiagnosticHandler } from "../../engine/diagnostics.ts";
import { EngineError } from "../../engine/errors.ts";
import { MARK_VARIABLE } from "../../process/sweep.ts";
import type { Environment } from "../places.ts";
import { type Credentials, knownCredentials, newCredentials } from "./access.ts";
import { EngineHandle } from "./engine-handle.ts";
import { findBinary } from "./find-binary.ts";
import { freePort } from "./free-port.ts";
import { joinEngine } from "./join-engine.ts";
import { withLock } from "./lock.ts";
import { startKeeper } from "./start-keeper.ts";
import { recordName, stateFolder } from "./state-folder.ts";

/** What a server gets besides the environment of its starter. */
export interface StartingParts {
  readonly variables: Readonly<Record<string, string>>;
  /** Never shown of what it says. */
  readonly secrets: readonly string[];
}

export interface AcquireRequest {
  readonly host: string;
  /** 0: a free one, and a server of one's own. */
  readonly port: number;
  /** Of a server on that host and port. */
  readonly address: string;
  readonly autoStart: boolean;
  readonly password: string | false | undefined;
  readonly binary: string | undefined;
  readonly serverDirectory: string;
  readonly env: Environment;
  readonly startTimeout: number;
  readonly restart: boolean;
  readonly cors: readonly string[];
  readonly logLevel: string | undefined;
  readonly diagnostic: DiagnosticHandler;
  /** Asked when it is sure that a server is started: what else it needs. What it throws ends the search. */
  readonly prepare: () => StartingParts;
  /** Is it OpenCode that answers there? Throws when something else does. */
  readonly probe: (credentials: Credentials) => Promise<boolean>;
}

/** Milliseconds that a starter may wait for another one beyond the time that one may take. */
const OTHERS_MS = 30_000;
const PORTS_TO_TRY = 3;

/**
 * Finds the engine on a host and port, or starts it. Of any number of programs that do this at the same moment, one
 * starts it, and the others attach.
 * @throws EngineError `PROCESS_FAILED`, `ENGINE_UNAVAILABLE` (nothing answers, and none may be started),
 *   `CONFIG_INVALID`, `AUTH_REQUIRED`
 */
export async function acquire(request: AcquireRequest): Promise<EngineHandle> {
  const { host, port, autoStart, env, startTimeout } = request;
  if (port === 0) return startPrivate(request);
  const name = join(stateFolder(env), recordName(host, port));
  const joined = await joinEngine(`${name}.json`, startTimeout, request.diagnostic);
  if (joined !== undefined) return joined;
  if (!autoStart) return (await attach(request)) ?? refuse(request);
  return withLock(`${name}.lock`, startTimeout + OTHERS_MS, async () => {
    const found = await joinEngine(`${name}.json`, startTimeout, request.diagnostic);
    return found ?? (await attach(request)) ?? start(request, port);
  });
}

/** Somebody else's server, which stays somebody else's. */
async function attach(request: AcquireRequest): Promise<EngineHandle | undefined> {
  const credentials = knownCredentials(request.password, request.env);
  if (!(await request.probe(credentials))) return undefined;
  const { diagnostic } = request;
  return new EngineHandle({ mode: "attached", url: request.address, credentials, diagnostic });
}

function refuse(request: AcquireRequest): never {
  throw new EngineError(
    "ENGINE_UNAVAILABLE",
    `Nothing answers at ${request.address}, and autoStart is off. Start it with \`opencode serve --port ${request.port}\`.`,
    { engine: "opencode" },
  );
}

/** On a free port. Between the moment that it is found free and the engine's start another program may take it. */
async function startPrivate(request: AcquireRequest): Promise<EngineHandle> {
  for (let attempt = 1; ; attempt += 1) {
    const port = await freePort(request.host);
    try {
      return await start(request, port);
    } catch (error) {
      const isTaken = EngineError.is(error, "PROCESS_FAILED") && /ServeError|EADDRINUSE/.test(error.message);
      if (!isTaken || attempt === PORTS_TO_TRY) throw error;
    }
  }
}

async function start(request: AcquireRequest, port: number): Promise<EngineHandle> {
  const { host, startTimeout, restart, diagnostic, cors, logLevel } = request;
  const { variables, secrets } = request.prepare();
  const credentials = newCredentials(request.password, request.env, host);
  const mark = randomUUID();
  const args = ["serve", "--hostname", host, "--port", String(port)];
  for (const origin of cors) args.push("--cors", origin);
  if (logLevel !== undefined) args.push("--log-level", logLevel);
  const { lease, warning } = await startKeeper({
    binary: findBinary({ option: request.binary, env: request.env }),
    args,
    cwd: request.serverDirectory,
    env: engineEnvironment({ ...request.env, ...variables }, credentials, mark),
    secrets,
    mark,
    ...credentials,
    startTimeout,
    restart,
    stateFolder: stateFolder(request.env),
  });
  if (warning !== undefined) diagnostic({ level: "warning", code: "record_unwritable", message: warning });
  return new EngineHandle({ mode: "spawned", url: lease.engine.url, credentials, lease, diagnostic });
}

function engineEnvironment(
  env: AcquireRequest["env"],
  { username, password }: Credentials,
  mark: string,
): Record<string, string> {
  const { OPENCODE_SERVER_PASSWORD, OPENCODE_SERVER_USERNAME, ...others } = env;
  const set = Object.entries(others).filter((entry): entry is [string, string] => entry[1] !== undefined);
  const access: Record<string, string> =
    password === undefined ? {} : { OPENCODE_SERVER_PASSWORD: password, OPENCODE_SERVER_USERNAME: username };
  return { ...Object.fromEntries(set), ...access, [MARK_VARIABLE]: mark };
}
