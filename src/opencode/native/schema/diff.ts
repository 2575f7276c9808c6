import * as z from "zod/mini";
import { optionalString } from "./shared.ts";

export const fileDiffSchema = z.looseObject({
  file: z.string(),
  patch: z.optional(z.string()),
  additions: z.optional(z.number()),
  deletions: z.optional(z.number()),
  status: z.optional(z.string()),
});
export type WireFileDiff = z.infer<typeof fileDiffSchema>;

export const fileDiffsSchema = z.array(fileDiffSchema);

const patchedFileSchema = z.object({
  filePath: z.string(),
  movePath: optionalString,
  type: z.string(),
  patch: z.string(),
  additions: z.number(),
  deletions: z.number(),
});
export type WirePatchedFile = z.infer<typeof patchedFileSchema>;

/** What a tool notes that patches several files. */
export const patchedFilesSchema = z.array(patchedFileSchema).check(z.minLength(1));

/** Of a user message's `summary`. */
export const turnSummarySchema = z.looseObject({ diffs: z.array(fileDiffSchema) });
