import * as z from "zod/mini";

/*
 * What `opencode serve` sends, as far as this client reads it. Tolerant on purpose: releases differ, and fields that
 * are not read here may be anything. Source: the recorded traffic of 1.18.33 and GET /doc.
 */

export const optionalString = z.optional(z.nullable(z.string()));

export const optionalNumber = z.optional(z.nullable(z.number()));

export const modelRefSchema = z.looseObject({
  providerID: z.string(),
  /** Sessions say `id`, messages say `modelID`. */
  id: z.optional(z.string()),
  modelID: z.optional(z.string()),
});
