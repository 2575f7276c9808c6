/**
 * What zod, valibot, arktype and others agreed on, so that no library has to know them: https://standardschema.dev.
 * Only what is needed of it.
 */
export interface StandardSchema<Output = unknown> {
  readonly "~standard": {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => StandardResult<Output> | Promise<StandardResult<Output>>;
    readonly types?: { readonly output: Output } | undefined;
    /** Those that can say it also as JSON Schema: zod since 4.2, arktype since 2.1.28. */
    readonly jsonSchema?: StandardJsonSchema | undefined;
  };
}

export type StandardResult<Output> =
  | { readonly value: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

export interface StandardIssue {
  readonly message: string;
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined;
}

/** How a schema says itself as JSON Schema. */
export interface StandardJsonSchema {
  /** What is to be written so that it fits. Throws for schemas that JSON Schema has no words for. */
  readonly input: (options: { readonly target: string }) => Record<string, unknown>;
}

/** What the schema makes of a value that fits. */
export type OutputOf<Schema extends StandardSchema> = NonNullable<Schema["~standard"]["types"]>["output"];
