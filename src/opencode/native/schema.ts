import * as z from "zod/mini";

/*
 * What `opencode serve` sends, as far as this client reads it. Tolerant on purpose: releases differ, and fields that
 * are not read here may be anything. Source: the recorded traffic of 1.18.33 and GET /doc.
 */

const optionalString = z.optional(z.nullable(z.string()));
const optionalNumber = z.optional(z.nullable(z.number()));

/** As much of `/doc` as says whose it is. */
export const documentSchema = z.looseObject({
  info: z.looseObject({ title: z.literal("opencode"), version: z.string() }),
});

export const healthSchema = z.looseObject({ healthy: z.boolean(), version: z.string() });

const modelRefSchema = z.looseObject({
  providerID: z.string(),
  /** Sessions say `id`, messages say `modelID`. */
  id: z.optional(z.string()),
  modelID: z.optional(z.string()),
});

export const sessionSchema = z.looseObject({
  id: z.string(),
  title: z.string(),
  directory: optionalString,
  parentID: optionalString,
  model: z.optional(z.nullable(modelRefSchema)),
  time: z.looseObject({ created: z.number(), updated: z.number(), archived: optionalNumber }),
  /** Anybody's: it is kept as it is. */
  metadata: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  /** While messages are taken back. */
  revert: z.optional(
    z.nullable(z.looseObject({ messageID: z.string(), partID: optionalString, snapshot: optionalString })),
  ),
});
export type WireSession = z.infer<typeof sessionSchema>;

const errorSchema = z.looseObject({
  name: z.string(),
  data: z.optional(
    z.nullable(
      z.looseObject({
        message: optionalString,
        statusCode: optionalNumber,
        isRetryable: z.optional(z.nullable(z.boolean())),
        providerID: optionalString,
        responseHeaders: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
      }),
    ),
  ),
});
export type WireError = z.infer<typeof errorSchema>;

export const fileDiffSchema = z.looseObject({
  file: z.string(),
  patch: z.optional(z.string()),
  additions: z.optional(z.number()),
  deletions: z.optional(z.number()),
  status: z.optional(z.string()),
});
export type WireFileDiff = z.infer<typeof fileDiffSchema>;

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

const tokensSchema = z.looseObject({
  input: z.number(),
  output: z.number(),
  reasoning: z.optional(z.number()),
  cache: z.optional(z.looseObject({ read: z.optional(z.number()), write: z.optional(z.number()) })),
});

const messageInfoSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  role: z.string(),
  time: z.looseObject({ created: z.number(), completed: optionalNumber }),
  parentID: optionalString,
  model: z.optional(z.nullable(modelRefSchema)),
  providerID: optionalString,
  modelID: optionalString,
  tokens: z.optional(z.nullable(tokensSchema)),
  cost: optionalNumber,
  finish: optionalString,
  error: z.optional(z.nullable(errorSchema)),
  /** `true` on a compaction's answer, an object on user messages. */
  summary: z.optional(z.unknown()),
});
export type WireMessageInfo = z.infer<typeof messageInfoSchema>;

/** Of a user message's `summary`. */
export const turnSummarySchema = z.looseObject({ diffs: z.array(fileDiffSchema) });

const timeSchema = z.optional(z.nullable(z.looseObject({ start: optionalNumber, end: optionalNumber })));

const attachmentSchema = z.looseObject({
  mime: optionalString,
  url: optionalString,
  filename: optionalString,
});
export type WireAttachment = z.infer<typeof attachmentSchema>;

const partSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  messageID: z.string(),
  type: z.string(),
  text: z.optional(z.string()),
  synthetic: z.optional(z.boolean()),
  /** Of a compaction: the engine's own idea, not a person's. */
  auto: z.optional(z.nullable(z.boolean())),
  metadata: z.optional(z.nullable(z.looseObject({ compaction_continue: z.optional(z.unknown()) }))),
  time: timeSchema,
  mime: optionalString,
  url: optionalString,
  filename: optionalString,
  tool: z.optional(z.string()),
  callID: z.optional(z.string()),
  state: z.optional(
    z.looseObject({
      status: z.enum(["pending", "running", "completed", "error"]),
      input: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
      output: optionalString,
      error: optionalString,
      title: optionalString,
      time: timeSchema,
      metadata: z.optional(
        z.nullable(z.looseObject({ output: z.optional(z.unknown()), filediff: z.optional(z.unknown()) })),
      ),
      attachments: z.optional(z.nullable(z.array(attachmentSchema))),
    }),
  ),
});
export type WirePart = z.infer<typeof partSchema>;

export const messageSchema = z.looseObject({ info: messageInfoSchema, parts: z.array(partSchema) });
export type WireMessage = z.infer<typeof messageSchema>;

const toolRefSchema = z.optional(
  z.nullable(z.looseObject({ messageID: z.string(), callID: optionalString })),
);

const permissionSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  permission: z.string(),
  patterns: z.optional(z.array(z.string())),
  always: z.optional(z.array(z.string())),
  metadata: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
  tool: toolRefSchema,
});
export type WirePermission = z.infer<typeof permissionSchema>;

const questionSchema = z.looseObject({
  id: z.string(),
  sessionID: z.string(),
  questions: z.array(
    z.looseObject({
      question: z.string(),
      header: optionalString,
      options: z.optional(z.array(z.looseObject({ label: z.string(), description: optionalString }))),
      multiple: z.optional(z.nullable(z.boolean())),
    }),
  ),
  tool: toolRefSchema,
});
export type WireQuestion = z.infer<typeof questionSchema>;

const statusSchema = z.looseObject({
  type: z.string(),
  attempt: optionalNumber,
  message: optionalString,
  next: optionalNumber,
});
export type WireStatus = z.infer<typeof statusSchema>;

const todoSchema = z.looseObject({ content: z.string(), status: z.string(), priority: optionalString });
export type WireTodo = z.infer<typeof todoSchema>;
export const todosSchema = z.array(todoSchema);
export const mcpServersSchema = z.record(
  z.string(),
  z.looseObject({ status: z.string(), error: optionalString }),
);
export const commandsSchema = z.array(
  z.looseObject({
    name: z.string(),
    description: z.nullish(z.string()),
    source: z.nullish(z.string()),
    hints: z.nullish(z.array(z.string())),
    agent: z.nullish(z.string()),
    model: z.nullish(z.string()),
    subtask: z.nullish(z.boolean()),
  }),
);
export type WireMcpServers = z.infer<typeof mcpServersSchema>;
export const toolIdsSchema = z.array(z.string());
export const sessionsSchema = z.array(sessionSchema);
export const messagesSchema = z.array(messageSchema);
export const permissionsSchema = z.array(permissionSchema);
export const questionsSchema = z.array(questionSchema);
export const statusesSchema = z.record(z.string(), statusSchema);
export const fileDiffsSchema = z.array(fileDiffSchema);

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
