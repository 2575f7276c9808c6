import * as z from "zod/mini";
import { optionalNumber, optionalString } from "./shared.ts";

/*
 * What can be chosen from: providers, models, agents. The routes tell API keys in clear; of these no more is read than
 * that they are there, so no more than what is named here is kept.
 */

const optionalBoolean = z.optional(z.nullable(z.boolean()));

const anything = z.optional(
  z.pipe(
    z.unknown(),
    z.transform((value) => value !== undefined && value !== null && value !== ""),
  ),
);

const costSchema = z.object({
  input: z.number(),
  output: z.number(),
  cache: z.optional(z.nullable(z.object({ read: z.optional(z.number()), write: z.optional(z.number()) }))),
});

const modelSchema = z.object({
  name: optionalString,
  limit: z.optional(
    z.nullable(z.object({ context: optionalNumber, input: optionalNumber, output: optionalNumber })),
  ),
  capabilities: z.optional(
    z.nullable(
      z.object({
        reasoning: optionalBoolean,
        toolcall: optionalBoolean,
        input: z.optional(z.nullable(z.record(z.string(), z.boolean()))),
      }),
    ),
  ),
  cost: z.optional(z.nullable(costSchema)),
  status: optionalString,
  variants: z.optional(z.nullable(z.record(z.string(), z.unknown()))),
});
export type WireModel = z.infer<typeof modelSchema>;

const providerSchema = z.object({
  id: z.string(),
  name: optionalString,
  /** Where the engine knows the provider from, which mostly says where its credentials are. */
  source: optionalString,
  env: z.optional(z.nullable(z.array(z.string()))),
  /** A key from the environment or a login. */
  key: anything,
  options: z.optional(
    z.nullable(
      z.pipe(
        z.record(z.string(), z.unknown()),
        z.transform(({ apiKey, headers }) => ({
          isPublic: apiKey === "public",
          hasKey: Boolean(apiKey) || isSigned(headers),
        })),
      ),
    ),
  ),
  models: z.record(z.string(), modelSchema),
});
export type WireProvider = z.infer<typeof providerSchema>;

function isSigned(headers: unknown): boolean {
  if (typeof headers !== "object" || headers === null) return false;
  return Object.keys(headers).some((name) => /^(?:authorization|.*api-key)$/i.test(name));
}

export const providersSchema = z.object({
  providers: z.array(providerSchema),
  /** By provider: the model that is picked where none is configured. */
  default: z.optional(z.record(z.string(), z.string())),
});
export type WireProviders = z.infer<typeof providersSchema>;

export const configSchema = z.object({
  model: optionalString,
  default_agent: optionalString,
  provider: z.optional(
    z.record(
      z.string(),
      z.pipe(
        z.unknown(),
        z.transform(() => true),
      ),
    ),
  ),
});
export type WireConfig = z.infer<typeof configSchema>;

export const agentsSchema = z.array(
  z.object({
    name: z.string(),
    description: optionalString,
    mode: optionalString,
    hidden: optionalBoolean,
    model: z.optional(z.nullable(z.object({ providerID: z.string(), modelID: z.string() }))),
  }),
);
export type WireAgent = z.infer<typeof agentsSchema>[number];
