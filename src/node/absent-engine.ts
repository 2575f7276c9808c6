import { EngineError } from "../engine/errors.ts";
import { type HeadersSource, readHeaders } from "../http/headers.ts";
import type { EngineSearch } from "./find-engine.ts";
import { knownCredentials, withCredentials } from "./process/access.ts";
import { EngineHandle } from "./process/engine-handle.ts";
import { readRecord } from "./process/read-record.ts";
import { recordFile } from "./process/record.ts";
import { stateFolder } from "./process/state-folder.ts";
import { urlOf } from "./settings/address.ts";

/** There is no engine, and none could be started: its stored history may stand in for it. */
export function isAbsence(error: unknown): error is EngineError {
  return EngineError.is(error, "ENGINE_UNAVAILABLE") || EngineError.is(error, "PROCESS_FAILED");
}

/** For a client that waits until somebody starts the engine. */
export function absentEngine({ settings, env, diagnostic }: EngineSearch): EngineHandle {
  const { host, port, password } = settings;
  const credentials = knownCredentials(password, env);
  return new EngineHandle({ mode: "absent", url: urlOf(host, port), credentials, diagnostic });
}

/** Whoever starts an engine that was absent may leave a password that is not known yet. */
export function headersFor(handle: EngineHandle, { settings, env, driver }: EngineSearch): HeadersSource {
  const { credentials, mode } = handle;
  if (mode !== "absent") return withCredentials(driver.headers, credentials);
  const record = recordFile(stateFolder(env), urlOf(settings.host, settings.port));
  return async () => {
    const { username, password } = (await readRecord(record)) ?? credentials;
    return readHeaders(withCredentials(driver.headers, { username, password }), "the engine");
  };
}
