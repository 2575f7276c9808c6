import * as z from "zod/mini";

// As it stands in the address: every value is a text. Strict, as what is sent in a body.

const count = z.pipe(z.string().check(z.regex(/^[1-9][0-9]*$/)), z.transform(Number));
const flag = z.pipe(
  z.enum(["true", "false"]),
  z.transform((value: "true" | "false") => value === "true"),
);

/** Of `GET /v1/session`. */
export const sessionsQuerySchema = z.strictObject({
  workingDirectory: z.optional(z.string()),
  search: z.optional(z.string()),
  rootsOnly: z.optional(flag),
  includeArchived: z.optional(flag),
  limit: z.optional(count),
  cursor: z.optional(z.string()),
});

/** Of `GET /v1/session/:id/message`. */
export const messagesQuerySchema = z.strictObject({
  limit: z.optional(count),
  before: z.optional(z.string()),
});

/** Of `GET /v1/session/:id/diff`. */
export const diffQuerySchema = z.strictObject({ messageId: z.optional(z.string()) });

/** Of what depends on the directory. */
export const directoryQuerySchema = z.strictObject({ workingDirectory: z.optional(z.string()) });
