import type { EngineConnection, EngineDriver } from "../../engine/driver.ts";
import { EngineError, reasonOf } from "../../engine/errors.ts";
import { Elsewhere } from "../../opencode/others/elsewhere.ts";
import { watchOthers } from "../../opencode/others/watch-others.ts";
import { POLL_MS } from "../../opencode/others/with-others.ts";
import { askVersion } from "../ask-version.ts";
import type { Environment } from "../places.ts";
import { historyConnection } from "./history-connection.ts";
import { historyLookout, storageLookout } from "./storage-lookout.ts";
import { openStoredFile, type StoredFile } from "./stored-file.ts";

export interface StorageOptions {
  /**
   * While the engine is not there its stored sessions and messages are read instead, marked `source: "history"`.
   * Default: true.
   */
  readonly history?: boolean | undefined;
  /**
   * What other processes do with the engine's sessions (`opencode run` in a terminal, say) is read from its database and
   * told live, marked `origin: "storage"`. Milliseconds between two looks, or `false` for never. Default: true, 100 ms.
   */
  readonly followStorage?: boolean | number | undefined;
  /**
   * Where the database can't be read (the engine is on another machine) its list of sessions is asked for instead.
   * Milliseconds between two lists, or `false` for never. Default: 5000.
   */
  readonly pollSessions?: number | false | undefined;
  /** The database file. Default: as of `openHistory()`. */
  readonly database?: string | undefined;
}

export interface StoragePlace {
  /** The database file. `undefined`: as of `openHistory()`; `false`: it can't be on this machine. */
  readonly path: string | false | undefined;
  /** Where the variables for that are looked up. */
  readonly env: Environment;
}

const FOLLOW_MS = 100;
/** Milliseconds that an engine which was there may be away before its history stands in: most are back before. */
const OFFLINE_AFTER_MS = 30_000;

/**
 * The driver, and what its engine stores: the history while the engine is not there, and what other processes write
 * to it while it is. Its `dispose` closes the database as well.
 *
 * @throws EngineError `CONFIG_INVALID` for times that are none
 */
export function withStorage(
  driver: EngineDriver,
  options: StorageOptions,
  { path, env }: StoragePlace,
): EngineDriver {
  const { history = true, followStorage = true, pollSessions = POLL_MS } = options;
  const followEvery = interval("followStorage", followStorage === true ? FOLLOW_MS : followStorage);
  const pollEvery = interval("pollSessions", pollSessions);
  const elsewhere = new Elsewhere();
  const end = new AbortController();
  let opened: Promise<StoredFile> | undefined;
  /** When the engine was there for the last time, as of `performance.now()`. */
  let lastThere: number | undefined;

  const open = async (): Promise<StoredFile | undefined> => {
    if (path === false) return undefined;
    opened ??= openStoredFile(path, env);
    try {
      return await opened;
    } catch {
      // It may be there the next time: an engine makes it when it starts for the first time.
      opened = undefined;
      return undefined;
    }
  };

  return {
    ...driver,
    async connect({ signal, report }) {
      const watch = (connection: EngineConnection, file: StoredFile | undefined, isOffline: boolean) =>
        watchOthers({
          connection,
          elsewhere,
          report,
          end: end.signal,
          every: followEvery || FOLLOW_MS,
          newestMessage: (sessionId) => file?.peek((facts) => facts.lastWord(sessionId), report)?.at(-1),
          startLookout(until) {
            const options = { connection, elsewhere, report, signal: until };
            if (isOffline && file !== undefined) return historyLookout({ ...options, file });
            const polling = { pollEvery: pollEvery || POLL_MS, isListing: followEvery > 0 && pollEvery > 0 };
            return storageLookout({ ...options, file, ...polling });
          },
        });
      try {
        const connection = await driver.connect({ signal, report });
        lastThere = performance.now();
        const noting = {
          ...connection,
          async close() {
            lastThere = performance.now();
            await connection.close();
          },
        };
        if (!connection.keepsEvents) return noting;
        return watch(noting, followEvery === 0 ? undefined : await open(), false);
      } catch (error) {
        const isNew = lastThere !== undefined && performance.now() - lastThere < OFFLINE_AFTER_MS;
        const file = history && isAway(error) && !isNew ? await open() : undefined;
        if (file === undefined) throw error;
        const message = `OpenCode is not there; its stored history is shown until it is: ${reasonOf(error)}`;
        report.diagnostic({ level: "info", code: "engine_offline", message, cause: error });
        const isBack = (until: AbortSignal) => isThere(driver, until);
        const connection = historyConnection({ file, report, isBack, reason: reasonOf(error) });
        return followEvery === 0 ? connection : watch(connection, file, true);
      }
    },
    async dispose() {
      end.abort();
      const file = await opened?.catch(() => undefined);
      opened = undefined;
      await file?.close();
      await driver.dispose?.();
    },
  };
}

/** Nobody answers. Who answers otherwise than an engine does, or wants a password, is somebody. */
function isAway(error: unknown): boolean {
  return EngineError.is(error, "ENGINE_UNAVAILABLE") || EngineError.is(error, "TIMEOUT");
}

/** Also somebody else counts: what is there then is the next connection's to say. */
async function isThere(driver: EngineDriver, signal: AbortSignal): Promise<boolean> {
  try {
    await askVersion(driver, signal);
    return true;
  } catch (error) {
    return !isAway(error);
  }
}

/** In milliseconds; 0: never. */
function interval(option: string, value: boolean | number): number {
  if (value === false) return 0;
  if (typeof value === "number" && value >= 10 && value < 2 ** 31) return value;
  const message = `The option ${option} is ${String(value)}; allowed: milliseconds from 10 on, or false.`;
  throw new EngineError("CONFIG_INVALID", message, { engine: "opencode" });
}
