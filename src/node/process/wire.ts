import type { Readable, Writable } from "node:stream";

/** What a running engine is known by. */
export interface EngineFacts {
  readonly url: string;
  readonly pid: number;
  /** When the system started that process, in its own words: an id alone may be another's by now. */
  readonly identity: string | undefined;
  /** Unix ms. */
  readonly startedAt: number;
  /** The release; `"unknown"` where it has no health route. */
  readonly version: string;
  /** The value of `QUANTUMREEF_ENGINE_MARK` of the engine and of all that it starts. */
  readonly mark: string;
}

/** Milliseconds and counts of a keeper. They are no options: tests make them short. */
export interface KeeperTiming {
  /** For the engine to end its work when it is asked to. Default: 2000. */
  readonly farewell: number;
  /** For the process to end after the first SIGTERM. Default: 2000. */
  readonly grace: number;
  /** Before the first restart; each further one waits twice as long. Default: 1000. */
  readonly firstPause: number;
  /** Default: 30000. */
  readonly longestPause: number;
  /** An engine that lived so long has not crashed in a row. Default: 60000. */
  readonly healthy: number;
  /** So many crashes in a row are a loop. Default: 7. */
  readonly crashes: number;
}

/** What a keeper is told, once, by its standard input: nobody else can read that, as they could its arguments. */
export interface KeeperOrder {
  readonly binary: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** The whole environment of the engine. */
  readonly env: Readonly<Record<string, string>>;
  readonly mark: string;
  readonly username: string;
  /** `undefined`: the server asks for none. */
  readonly password: string | undefined;
  /** Never shown of what the engine says, besides the password and what is named like a secret in `env`. */
  readonly secrets: readonly string[];
  /** Milliseconds until the engine must listen. */
  readonly startTimeout: number;
  readonly restart: boolean;
  /** The folder of the record that later starters read. */
  readonly stateFolder: string;
  readonly timing?: Partial<KeeperTiming> | undefined;
}

/** What a keeper says on its standard output, once. */
export type KeeperReport =
  | { readonly type: "started"; readonly lease: string; readonly warning?: string | undefined }
  | { readonly type: "failed"; readonly message: string };

/** What a keeper says to those who hold a lease. */
export type LeaseNews =
  /** `isUp`: it is not just being restarted. */
  | { readonly type: "welcome"; readonly engine: EngineFacts; readonly isUp: boolean }
  /** Too late: it stops. The connection closes when the keeper is gone. */
  | { readonly type: "stopping" }
  | { readonly type: "crashed"; readonly message: string; readonly restartInMs: number }
  | { readonly type: "restarted"; readonly engine: EngineFacts }
  | { readonly type: "gave_up"; readonly message: string }
  /** The lease is given back; others hold on. */
  | { readonly type: "released" }
  /** The lease was the last one, and the engine is gone. */
  | ({ readonly type: "stopped" } & StopReport);

/** What a holder says. */
export interface LeaseWord {
  readonly type: "release";
}

/** What became of the processes that an engine had started. */
export interface StopReport {
  /** Ids of those that could not be ended. */
  readonly left: readonly number[];
  /** Also those were looked for that had made themselves daemons. Only Linux tells them. */
  readonly daemonsSought: boolean;
}

/** Writes a message as one line; a reader that is gone is no error of the writer. */
export function tell(stream: Writable, message: KeeperOrder | KeeperReport | LeaseNews | LeaseWord): void {
  if (stream.writable) stream.write(`${JSON.stringify(message)}\n`);
}

/** Calls the listener with every message. Both ends are this package's, of the same release or a near one. */
export function onMessage<T>(stream: Readable, listener: (message: T) => void): void {
  let rest = "";
  stream.setEncoding("utf8").on("data", (text: string) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      const message = parse<T>(line);
      if (message !== undefined) listener(message);
    }
  });
}

/** Whatever else somebody writes there must not end a keeper, and with it an engine. */
function parse<T>(line: string): T | undefined {
  try {
    return JSON.parse(line) as T;
  } catch {
    return undefined;
  }
}
