import { EngineError, reasonOf } from "../../engine/errors.ts";
import type { DescribedSchema, OutputSchema } from "../../engine/output.ts";
import type { StandardIssue, StandardSchema } from "../../engine/standard-schema.ts";

/** @throws EngineError `INVALID_REQUEST` for what is no schema: code without types can pass anything */
export function describedSchema<Output>(given: OutputSchema<Output>): DescribedSchema<Output> {
  // Those of arktype are functions.
  const isGiven = (typeof given === "object" && given !== null) || typeof given === "function";
  if (isGiven && "~standard" in given) return { schema: given };
  if (isGiven && "schema" in given && "~standard" in given.schema) return given;
  const message =
    "The option output is no Standard Schema: give one of zod, valibot, arktype or the like, or { schema, jsonSchema }.";
  throw new EngineError("INVALID_REQUEST", message);
}

/** What the model is told, besides the prompt. */
export function instructions({ schema, jsonSchema, description }: DescribedSchema): string {
  const told = jsonSchema ?? (description === undefined ? jsonSchemaOf(schema) : tryJsonSchemaOf(schema));
  return [
    "Your final answer must be one JSON value and nothing else: no other text, no code fence.",
    ...(description === undefined ? [] : [`It is: ${description}`]),
    ...(told === undefined ? [] : [`It must fit this JSON Schema:\n${JSON.stringify(told, null, 2)}`]),
  ].join("\n");
}

/** What the model is told of an answer that does not fit. */
export function correction(output: DescribedSchema, issues: readonly StandardIssue[]): string {
  const list = issues.map((issue) => `- ${issueText(issue)}`).join("\n");
  return `Your answer does not fit:\n${list}\nGive the whole answer again, corrected.\n${instructions(output)}`;
}

export function issueText({ path = [], message }: StandardIssue): string {
  const keys = path.map((step) => String(typeof step === "object" ? step.key : step));
  return keys.length === 0 ? message : `${keys.join(".")}: ${message}`;
}

function jsonSchemaOf(schema: StandardSchema): Readonly<Record<string, unknown>> {
  const { vendor, jsonSchema } = schema["~standard"];
  const refused = (why: string, cause?: unknown) => {
    const message = `The model can't be told the ${vendor} schema: ${why}. Give { schema, jsonSchema } or { schema, description }.`;
    return new EngineError("INVALID_REQUEST", message, { cause });
  };
  if (jsonSchema === undefined) throw refused("it does not say itself as JSON Schema");
  try {
    return jsonSchema.input({ target: "draft-2020-12" });
  } catch (cause) {
    throw refused(reasonOf(cause), cause);
  }
}

function tryJsonSchemaOf(schema: StandardSchema): Readonly<Record<string, unknown>> | undefined {
  try {
    return jsonSchemaOf(schema);
  } catch {
    return undefined;
  }
}
