import { EngineError, reasonOf } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";

export interface Download {
  readonly bytes: Uint8Array;
  /** As its server says, without parameters. */
  readonly mimeType: string | undefined;
}

/** More is refused: it would not fit a model, but it might fill the memory. */
const LIMIT = 32 * 1024 * 1024;
const TIMEOUT_MS = 30_000;

/**
 * Fetches a file from anywhere, without credentials. Errors name it without its query, which may hold a key.
 * @throws EngineError `INVALID_REQUEST`: it can't be had, is larger than 32 MiB, or takes longer than 30 s
 */
export async function download(url: string, signal: AbortSignal | undefined): Promise<Download> {
  const { origin, pathname } = new URL(url);
  const refused = (why: string, cause?: unknown) =>
    new EngineError("INVALID_REQUEST", `The attachment ${origin}${pathname} ${why}`, { cause });
  const late = () => refused(`was not there within ${TIMEOUT_MS} ms.`);
  try {
    return await withDeadline(TIMEOUT_MS, late, [signal], async (scope) => {
      const response = await fetch(url, { signal: scope, credentials: "omit" });
      if (!response.ok) throw refused(`can't be fetched: its server answers ${response.status}.`);
      const bytes = await readUpTo(LIMIT, response);
      if (bytes === undefined) throw refused(`is larger than ${LIMIT / 1024 / 1024} MiB.`);
      return {
        bytes,
        mimeType: response.headers.get("content-type")?.split(";", 1)[0]?.trim().toLowerCase(),
      };
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw EngineError.is(cause) ? cause : refused(`can't be fetched: ${innermostReason(cause)}.`, cause);
  }
}

/** `undefined`: there is more. */
async function readUpTo(limit: number, { body }: Response): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body?.getReader();
  for (let next = await reader?.read(); next?.done === false; next = await reader?.read()) {
    size += next.value.length;
    chunks.push(next.value);
    if (size <= limit) continue;
    await reader?.cancel();
    return undefined;
  }
  const bytes = new Uint8Array(size);
  let end = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, end);
    end += chunk.length;
  }
  return bytes;
}

/** Fetch itself says no more than that it failed. */
function innermostReason(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error
    ? innermostReason(error.cause)
    : reasonOf(error);
}
