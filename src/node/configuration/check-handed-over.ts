import { type HeadersSource, readHeaders } from "../../http/headers.ts";
import { isConfigObject, type KeyPath, printKeyPath } from "./config-object.ts";
import type { Configuration } from "./configuration.ts";
import { configInvalid } from "./parse.ts";

/** A server that was just started with `configuration.environment()`. */
export interface StartedServer {
  readonly url: string;
  readonly headers: HeadersSource | undefined;
  /** Where it is asked for its configuration. */
  readonly directory: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Asks a server that was just started whether it takes what it was handed. If it does not, it runs, and answers every
 * request with an error that names a variable; this one names the file that the value was taken from.
 *
 * @throws EngineError `CONFIG_INVALID` with file, line and key. Of anything else that is wrong others tell.
 */
export async function checkHandedOver(server: StartedServer, configuration: Configuration): Promise<void> {
  for (const { path, message } of await issuesOf(server)) {
    const origin = configuration.originOf(path);
    const line = origin?.line === undefined ? "" : `:${origin.line}`;
    const place =
      origin?.path === undefined ? `The ${origin?.kind ?? "option"} ${origin?.name ?? ""}` : origin.path;
    throw configInvalid(
      `${place}${line} has ${printKeyPath(path) || "something"} that OpenCode does not take: ${message}. Correct or remove it.`,
    );
  }
}

async function issuesOf({ url, headers, directory }: StartedServer) {
  try {
    const where = `${url}/config?directory=${encodeURIComponent(directory)}`;
    const access = await readHeaders(headers, `GET ${where}`);
    const response = await fetch(where, { headers: access, signal: AbortSignal.timeout(TIMEOUT_MS) });
    const body: unknown = await response.json();
    if (response.status !== 400 || !isConfigObject(body) || !isConfigObject(body.data)) return [];
    const { path, issues } = body.data;
    if (path !== "OPENCODE_CONFIG_CONTENT" || !Array.isArray(issues)) return [];
    return issues.filter(isConfigObject).map((issue) => ({
      path: keyPathOf(issue.path),
      // What it got may be a key.
      message: String(issue.message).replace(/, got .*$/s, ""),
    }));
  } catch {
    return [];
  }
}

function keyPathOf(path: unknown): KeyPath {
  return Array.isArray(path)
    ? path.map((key) => (/^\d+$/.test(String(key)) ? Number(key) : String(key)))
    : [];
}
