import type { EngineErrorInfo } from "../engine/errors.ts";
import { errorBodySchema } from "./schema/answer.ts";

/** By these a server of the contract refuses a request, and says why. */
const REFUSALS: ReadonlySet<number> = new Set([400, 413, 415, 422]);

/**
 * The body of an answer that is no 2xx. Without one, a status that whatever stands before the server gives of itself
 * (401, 429, 502, ...) keeps its meaning.
 */
export function readWireError(status: number, body: unknown): EngineErrorInfo | undefined {
  const read = errorBodySchema.safeParse(body);
  if (read.success) return read.data.error;
  if (!REFUSALS.has(status)) return undefined;
  return { code: "INVALID_RESPONSE", message: "the reason is not told as the /v1 contract says" };
}
