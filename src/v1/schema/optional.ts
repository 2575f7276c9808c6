import * as z from "zod/mini";

/**
 * A field that may be missing. Servers in other languages write `null` for it: that is the same, and read as missing.
 */
export function maybe<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(
    z.pipe(
      z.transform((value: unknown): unknown => value ?? undefined),
      z.optional(schema),
    ),
  );
}
