import { EngineError } from "./errors.ts";
import type { PromptFailure, PromptResult } from "./prompt-call.ts";
import type { OutputOf, StandardIssue, StandardSchema } from "./standard-schema.ts";

/** A schema and what the model is told of it. */
export interface DescribedSchema<Output = unknown> {
  readonly schema: StandardSchema<Output>;
  /** JSON Schema of what the model is to write. Default: what the schema's library makes of it, if it can. */
  readonly jsonSchema?: Readonly<Record<string, unknown>> | undefined;
  /** In words, besides or in place of the JSON Schema. */
  readonly description?: string | undefined;
}

/** The shape of the answer that is wanted: any Standard Schema (zod, valibot, arktype, ...), or one with its description. */
export type OutputSchema<Output = unknown> = StandardSchema<Output> | DescribedSchema<Output>;

/** What a prompt with this schema gives. */
export type OutputIn<Schema> = Schema extends StandardSchema
  ? OutputOf<Schema>
  : Schema extends { readonly schema: infer Inner extends StandardSchema }
    ? OutputOf<Inner>
    : never;

/** A completed turn whose answer fits the schema. */
export interface OutputResult<Output = unknown> extends PromptResult {
  /** The answer, as the schema gives it: with its defaults and transformations. */
  readonly output: Output;
  /** The turn whose answer did not fit, where this one is its repair. */
  readonly repaired?: PromptResult | undefined;
}

/** The answer did not fit the schema, and its repair did not either: an `EngineError` `INVALID_RESPONSE`. */
export interface OutputFailure extends PromptFailure {
  /** What the schema says of the last answer. */
  readonly issues: readonly StandardIssue[];
}

/** Was the turn well, and its answer not? Then `error.issues` says why, and `error.result` is the turn. */
export function isOutputFailure(error: unknown): error is OutputFailure {
  return EngineError.is(error, "INVALID_RESPONSE") && "result" in error && "issues" in error;
}
