import * as z from "zod/mini";
import { fileDiffSchema } from "./diff.ts";
import { errorSchema, messageInfoSchema, partSchema } from "./message.ts";
import { permissionSchema, questionSchema } from "./requests.ts";
import { sessionSchema, statusSchema, todosSchema } from "./session.ts";
import { optionalString } from "./shared.ts";

const payloadSchema = z.looseObject({ type: z.string(), properties: z.optional(z.unknown()) });

/** One frame of `/global/event`, or of `/event`, which sends the payload alone. */
export const frameSchema = z.union([
  z.looseObject({ directory: optionalString, payload: payloadSchema }),
  z.pipe(
    payloadSchema,
    z.transform((payload) => ({ payload, directory: undefined })),
  ),
]);

const inSession = { sessionID: z.string() };

/** The properties of the events that are read. An event that is not here is passed on as `unknown`. */
export const eventSchemas = {
  "session.created": z.looseObject({ info: sessionSchema }),
  "session.updated": z.looseObject({ info: sessionSchema }),
  "session.deleted": z.looseObject({ info: z.looseObject({ id: z.string() }) }),
  "session.status": z.looseObject({ ...inSession, status: statusSchema }),
  "session.idle": z.looseObject(inSession),
  "session.error": z.looseObject({ sessionID: optionalString, error: z.optional(z.nullable(errorSchema)) }),
  "session.diff": z.looseObject({ ...inSession, diff: z.array(fileDiffSchema) }),
  "todo.updated": z.looseObject({ ...inSession, todos: todosSchema }),
  "message.updated": z.looseObject({ info: messageInfoSchema }),
  "message.removed": z.looseObject({ ...inSession, messageID: z.string() }),
  "message.part.updated": z.looseObject({ part: partSchema }),
  "message.part.removed": z.looseObject({ ...inSession, messageID: z.string(), partID: z.string() }),
  "permission.asked": permissionSchema,
  "permission.replied": z.looseObject({ ...inSession, requestID: z.string(), reply: z.string() }),
  "server.instance.disposed": z.looseObject({ directory: z.string() }),
  "question.asked": questionSchema,
  "question.replied": z.looseObject({ ...inSession, requestID: z.string() }),
  "question.rejected": z.looseObject({ ...inSession, requestID: z.string() }),
} as const;

/** The event that comes by the thousand; `isPartDelta` is the same check, written by hand. */
export const partDeltaSchema = z.looseObject({
  sessionID: z.string(),
  messageID: z.string(),
  partID: z.string(),
  field: z.literal("text"),
  delta: z.string(),
});
export type WirePartDelta = z.infer<typeof partDeltaSchema>;

/** A delta of a field that is not read here. */
export const anyDeltaSchema = z.looseObject({
  sessionID: z.string(),
  field: z.string().check(z.refine((field) => field !== "text")),
});
