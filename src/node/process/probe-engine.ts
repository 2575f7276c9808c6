import { EngineError } from "../../engine/errors.ts";
import { isRefused } from "../../http.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "../../opencode/driver.ts";
import { askVersion } from "../ask-version.ts";
import { whatAnswers } from "./what-answers.ts";

/** What a server has to say who it is. */
const PROBE_TIMEOUT_MS = 3_000;
/** A server that is just starting accepts a request and never answers it. */
const PROBES = 2;

/**
 * Does an engine answer there? `false`: nobody does.
 * @throws EngineError `PROCESS_FAILED` when something else does: its port can't be had; `AUTH_REQUIRED`, `UNSUPPORTED`
 */
export async function probeEngine(
  baseUrl: string,
  options: OpenCodeDriverOptions,
  attempt = 1,
): Promise<boolean> {
  const driver = openCodeDriver({ ...options, baseUrl, timeout: PROBE_TIMEOUT_MS });
  try {
    await askVersion(driver, new AbortController().signal);
    return true;
  } catch (cause) {
    if (!EngineError.is(cause) || cause.code === "AUTH_REQUIRED" || cause.code === "UNSUPPORTED") throw cause;
    if (cause.code === "ENGINE_UNAVAILABLE" && isRefused(cause)) return false;
    if (cause.code === "TIMEOUT" && attempt < PROBES) return probeEngine(baseUrl, options, attempt + 1);
    const message = `${baseUrl} is taken by something that is not OpenCode, or does not work. ${await whatAnswers(baseUrl)} Stop it, or choose another port (port: 0 takes a free one).`;
    throw new EngineError("PROCESS_FAILED", message, { engine: "opencode", cause });
  }
}
