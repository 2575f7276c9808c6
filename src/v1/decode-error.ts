import type { EngineErrorInfo } from "../engine/errors.ts";
import { errorBodySchema } from "./schema/answer.ts";

/** The body of an answer that is no 2xx; `undefined` where it is not as the contract says. */
export function readWireError(_status: number, body: unknown): EngineErrorInfo | undefined {
  const read = errorBodySchema.safeParse(body);
  return read.success ? read.data.error : undefined;
}
