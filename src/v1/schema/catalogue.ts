import * as z from "zod/mini";
import { maybe } from "./optional.ts";

export const modelSchema = z.object({
  id: z.string(),
  name: z.string(),
  isDefault: z.boolean(),
  provider: maybe(z.string()),
  limits: maybe(
    z.object({ context: maybe(z.number()), input: maybe(z.number()), output: maybe(z.number()) }),
  ),
  inputs: maybe(z.array(z.string())),
  reasoning: maybe(z.boolean()),
  toolUse: maybe(z.boolean()),
  cost: maybe(
    z.object({
      input: z.number(),
      output: z.number(),
      cacheRead: maybe(z.number()),
      cacheWrite: maybe(z.number()),
    }),
  ),
  status: maybe(z.string()),
  variants: maybe(z.array(z.string())),
});

export const providerSchema = z.object({
  id: z.string(),
  name: z.string(),
  credentials: z.object({ source: z.string(), variables: z.array(z.string()) }),
  defaultModel: maybe(z.string()),
});

export const agentSchema = z.object({
  id: z.string(),
  description: maybe(z.string()),
  role: z.enum(["primary", "subagent", "both"]),
  isDefault: z.boolean(),
  model: maybe(z.string()),
});

export const commandSchema = z.object({
  name: z.string(),
  description: maybe(z.string()),
  source: maybe(z.string()),
  placeholders: z.array(z.string()),
  agent: maybe(z.string()),
  model: maybe(z.string()),
  subagent: maybe(z.boolean()),
});

export const mcpServerSchema = z.object({
  name: z.string(),
  status: z.string(),
  error: maybe(z.string()),
  toolPrefix: z.string(),
});
