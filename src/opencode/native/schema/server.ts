import * as z from "zod/mini";
import { optionalString } from "./shared.ts";

/** As much of `/doc` as says whose it is. */
export const documentSchema = z.looseObject({
  info: z.looseObject({ title: z.literal("opencode"), version: z.string() }),
});

export const healthSchema = z.looseObject({ healthy: z.boolean(), version: z.string() });

export const mcpServersSchema = z.record(
  z.string(),
  z.looseObject({ status: z.string(), error: optionalString }),
);
export type WireMcpServers = z.infer<typeof mcpServersSchema>;

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

export const toolIdsSchema = z.array(z.string());
