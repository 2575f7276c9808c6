import type * as z from "zod/mini";
import { EngineError } from "../../engine/errors.ts";
import { describeIssues } from "./describe-issue.ts";

/**
 * What a request says, if it says it as the contract does.
 * @throws EngineError `INVALID_REQUEST` naming the field that is wrong
 */
export function parse<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  whole: string,
): z.output<Schema> {
  const read = schema.safeParse(value);
  if (read.success) return read.data;
  throw new EngineError("INVALID_REQUEST", describeIssues(read.error.issues, whole));
}
