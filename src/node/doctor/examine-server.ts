import { EngineError } from "../../engine/errors.ts";
import { isRefused } from "../../http.ts";
import { openCodeDriver } from "../../opencode/driver.ts";
import { askVersion } from "../ask-version.ts";
import type { Environment } from "../places.ts";
import { knownCredentials, withCredentials } from "../process/access.ts";
import { readRecord } from "../process/read-record.ts";
import { recordFile } from "../process/record.ts";
import { stateFolder } from "../process/state-folder.ts";
import { untestedRelease } from "../process/tested-releases.ts";
import type { ServerFinding } from "./report.ts";

const TIMEOUT_MS = 5_000;

/** Asks what answers there, as a client would. Nothing is started, and nothing is changed. */
export async function examineServer(
  url: string,
  password: string | false | undefined,
  env: Environment,
): Promise<ServerFinding> {
  const record = await readRecord(recordFile(stateFolder(env), url));
  const credentials = record ?? knownCredentials(password, env);
  const found = { url, isShared: record !== undefined } as const;
  let failure: EngineError | undefined;
  for (const dialect of ["native", "v1"] as const) {
    const driver = openCodeDriver({
      baseUrl: url,
      protocol: dialect,
      timeout: TIMEOUT_MS,
      headers: withCredentials(undefined, { username: credentials.username, password: credentials.password }),
    });
    try {
      const version = await askVersion(driver, AbortSignal.timeout(2 * TIMEOUT_MS));
      const isTested = untestedRelease(version) === undefined;
      return { ...found, answers: "opencode", dialect, version, isTested };
    } catch (error) {
      if (!EngineError.is(error)) throw error;
      // Something answers: the other dialect is asked, but the first says more of what is there.
      failure ??= error;
      if (error.code !== "INVALID_RESPONSE") break;
    }
  }
  return { ...found, answers: answerOf(failure), error: failure?.toJSON() };
}

function answerOf(error: EngineError | undefined): ServerFinding["answers"] {
  if (error === undefined) return "nothing";
  if (error.code === "AUTH_REQUIRED") return "refuses";
  if (error.code === "TIMEOUT") return "too late";
  return error.code === "ENGINE_UNAVAILABLE" && isRefused(error) ? "nothing" : "something else";
}
