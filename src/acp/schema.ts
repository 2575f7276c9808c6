import * as z from "zod/mini";

/*
 * What an agent sends, as far as it is read here: version 1 of the protocol, and what agents of today send besides.
 * Tolerant on purpose: agents differ, and a field that is not read may be anything.
 */

const optionalString = z.optional(z.nullable(z.string()));
const optionalNumber = z.optional(z.nullable(z.number()));
/** An object of the protocol that may be there, whatever is in it: `{}` says that the agent can do it. */
const ability = z.optional(z.nullable(z.looseObject({})));
const meta = z.optional(z.nullable(z.record(z.string(), z.unknown())));

export const initializeSchema = z.looseObject({
  protocolVersion: z.number(),
  agentInfo: z.optional(z.nullable(z.looseObject({ version: optionalString }))),
  authMethods: z.optional(
    z.nullable(z.array(z.looseObject({ id: z.string(), name: optionalString, description: optionalString }))),
  ),
  agentCapabilities: z.optional(
    z.nullable(
      z.looseObject({
        loadSession: z.optional(z.nullable(z.boolean())),
        promptCapabilities: z.optional(
          z.nullable(
            z.looseObject({
              image: z.optional(z.nullable(z.boolean())),
              audio: z.optional(z.nullable(z.boolean())),
              embeddedContext: z.optional(z.nullable(z.boolean())),
            }),
          ),
        ),
        mcpCapabilities: z.optional(z.nullable(z.looseObject({ http: z.optional(z.nullable(z.boolean())) }))),
        sessionCapabilities: z.optional(
          z.nullable(z.looseObject({ list: ability, resume: ability, close: ability, delete: ability })),
        ),
      }),
    ),
  ),
});
export type WireInitialize = z.infer<typeof initializeSchema>;

const choiceSchema = z.looseObject({ value: z.string(), name: z.string(), description: optionalString });
export const configOptionsSchema = z.array(
  z.looseObject({
    id: z.string(),
    category: optionalString,
    type: z.string(),
    /** A boolean one has a boolean. */
    currentValue: z.optional(z.unknown()),
    /** In groups, or without. */
    options: z.optional(z.array(z.union([choiceSchema, z.looseObject({ options: z.array(choiceSchema) })]))),
  }),
);
export type WireConfigOptions = z.infer<typeof configOptionsSchema>;

/** What a session can be set to. `models` is from before there were configuration options. */
export const settingsSchema = z.looseObject({
  configOptions: z.optional(z.nullable(configOptionsSchema)),
  modes: z.optional(
    z.nullable(
      z.looseObject({
        currentModeId: z.string(),
        availableModes: z.array(
          z.looseObject({ id: z.string(), name: z.string(), description: optionalString }),
        ),
      }),
    ),
  ),
  models: z.optional(
    z.nullable(
      z.looseObject({
        currentModelId: z.string(),
        availableModels: z.array(z.looseObject({ modelId: z.string(), name: z.string() })),
      }),
    ),
  ),
});
export type WireSettings = z.infer<typeof settingsSchema>;

export const newSessionSchema = z.extend(settingsSchema, { sessionId: z.string() });
export const setOptionSchema = z.looseObject({ configOptions: z.optional(z.nullable(configOptionsSchema)) });

export const sessionListSchema = z.looseObject({
  sessions: z.array(
    z.looseObject({
      sessionId: z.string(),
      cwd: z.string(),
      title: optionalString,
      updatedAt: optionalString,
    }),
  ),
  nextCursor: optionalString,
});
export type WireSessionInfo = z.infer<typeof sessionListSchema>["sessions"][number];

export const promptAnswerSchema = z.looseObject({
  stopReason: z.string(),
  _meta: meta,
  usage: z.optional(
    z.nullable(
      z.looseObject({
        inputTokens: z.number(),
        outputTokens: z.number(),
        thoughtTokens: optionalNumber,
        cachedReadTokens: optionalNumber,
        cachedWriteTokens: optionalNumber,
      }),
    ),
  ),
});
export type WirePromptAnswer = z.infer<typeof promptAnswerSchema>;

export const contentSchema = z.looseObject({
  type: z.string(),
  text: optionalString,
  data: optionalString,
  mimeType: optionalString,
  uri: optionalString,
  name: optionalString,
  resource: z.optional(
    z.nullable(
      z.looseObject({
        uri: z.string(),
        mimeType: optionalString,
        text: optionalString,
        blob: optionalString,
      }),
    ),
  ),
});
export type WireContent = z.infer<typeof contentSchema>;

const toolContentSchema = z.looseObject({
  type: z.string(),
  content: z.optional(z.nullable(contentSchema)),
  path: optionalString,
  oldText: optionalString,
  newText: optionalString,
  terminalId: optionalString,
});
export type WireToolContent = z.infer<typeof toolContentSchema>;

export const toolCallSchema = z.looseObject({
  toolCallId: z.string(),
  title: optionalString,
  name: optionalString,
  kind: optionalString,
  status: optionalString,
  content: z.optional(z.nullable(z.array(toolContentSchema))),
  locations: z.optional(z.nullable(z.array(z.looseObject({ path: z.string() })))),
  rawInput: z.optional(z.unknown()),
  rawOutput: z.optional(z.unknown()),
  _meta: meta,
});
export type WireToolCall = z.infer<typeof toolCallSchema>;

export const permissionSchema = z.looseObject({
  sessionId: z.string(),
  toolCall: toolCallSchema,
  options: z.array(z.looseObject({ optionId: z.string(), name: optionalString, kind: z.string() })),
});
export type WirePermission = z.infer<typeof permissionSchema>;

const chunkSchema = z.looseObject({ content: contentSchema, messageId: optionalString, _meta: meta });

/** By what `sessionUpdate` says. One that is not here is passed on as it came. */
export const updateSchemas = {
  user_message_chunk: chunkSchema,
  agent_message_chunk: chunkSchema,
  agent_thought_chunk: chunkSchema,
  tool_call: toolCallSchema,
  tool_call_update: toolCallSchema,
  plan: z.looseObject({
    entries: z.array(
      z.looseObject({ content: z.string(), priority: optionalString, status: optionalString }),
    ),
  }),
  available_commands_update: z.looseObject({
    availableCommands: z.array(
      z.looseObject({
        name: z.string(),
        description: optionalString,
        input: z.optional(z.nullable(z.looseObject({ hint: optionalString }))),
      }),
    ),
  }),
  current_mode_update: z.looseObject({ currentModeId: z.string() }),
  config_option_update: z.looseObject({ configOptions: configOptionsSchema }),
  session_info_update: z.looseObject({ title: optionalString, updatedAt: optionalString, _meta: meta }),
  usage_update: z.looseObject({
    used: z.number(),
    size: z.number(),
    cost: z.optional(z.nullable(z.looseObject({ amount: z.number(), currency: z.string() }))),
  }),
  notice: z.looseObject({ severity: z.string(), title: z.string(), description: optionalString }),
};
export type UpdateKind = keyof typeof updateSchemas;
export type WireUpdate = {
  [Kind in UpdateKind]: { readonly kind: Kind; readonly update: z.infer<(typeof updateSchemas)[Kind]> };
}[UpdateKind];

export const notificationSchema = z.looseObject({
  sessionId: z.string(),
  update: z.looseObject({ sessionUpdate: z.string() }),
});
