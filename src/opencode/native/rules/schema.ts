import * as z from "zod/mini";

const ruleSchema = z.object({
  permission: z.string(),
  pattern: z.string(),
  action: z.enum(["allow", "deny", "ask"]),
});

/** Of a session's rules the last that fits counts. Both names are wildcards. */
export type SessionRule = z.infer<typeof ruleSchema>;

/** As much of a session as its rules. */
export const ruledSessionSchema = z.looseObject({
  permission: z.optional(z.nullable(z.array(ruleSchema))),
});

/** What a list of rules is made of, as it is noted in the list itself. */
export const noteSchema = z.object({
  /** Of which session. Subagents take the note over, but not what it says. */
  session: z.string(),
  lasting: z.array(ruleSchema),
  off: z.array(z.string()),
});
