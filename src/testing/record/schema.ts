import * as z from "zod/mini";

/** The first line of a file. Another number: a form that this release does not know. */
export const wireHeaderSchema = z.object({ wire: z.literal(1) });

/** A body: as JSON where it is some, else as text, else its bytes. */
const contentFields = {
  json: z.optional(z.unknown()),
  text: z.optional(z.string()),
  base64: z.optional(z.string()),
};
export const wireContentSchema = z.object(contentFields);

/** `at`: milliseconds since the recording began. `id`: of the request that it belongs to, from 1. */
const stamp = { at: z.number(), id: z.int() };

export const wireRequestSchema = z.object({
  type: z.literal("request"),
  ...stamp,
  method: z.string(),
  path: z.string(),
  query: z.optional(z.record(z.string(), z.array(z.string()))),
  body: z.optional(wireContentSchema),
});

/** What a line says: a request that the client made, or a piece of an answer, in the order in which they happened. */
export const wireEntrySchema = z.discriminatedUnion("type", [
  wireRequestSchema,
  z.object({
    type: z.literal("answer"),
    ...stamp,
    status: z.int(),
    headers: z.record(z.string(), z.string()),
  }),
  /** The whole body of an answer that is no stream. */
  z.object({ type: z.literal("body"), ...stamp, ...contentFields }),
  /** One frame of a stream, as it was written, with the blank line at its end. */
  z.object({ type: z.literal("frame"), ...stamp, text: z.string() }),
  z.object({ type: z.literal("end"), ...stamp }),
  /** The connection could not be made, or it broke. */
  z.object({ type: z.literal("failure"), ...stamp, message: z.string(), code: z.optional(z.string()) }),
  /** The client wanted no more of it. */
  z.object({ type: z.literal("left"), ...stamp }),
]);

export type WireContent = z.infer<typeof wireContentSchema>;
export type WireRequest = z.infer<typeof wireRequestSchema>;
export type WireEntry = z.infer<typeof wireEntrySchema>;
