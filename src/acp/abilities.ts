import type { TakenContent } from "./prompt-blocks.ts";
import type { WireInitialize } from "./schema.ts";

/** What an agent has said that it can do. */
export interface AgentAbilities {
  readonly version: string;
  /** Tells a session's conversation again. */
  readonly load: boolean;
  /** Goes on with a session, without telling what was before. */
  readonly resume: boolean;
  readonly list: boolean;
  readonly close: boolean;
  readonly delete: boolean;
  readonly takes: TakenContent;
  readonly takesHttpMcp: boolean;
  readonly authMethods: readonly { readonly id: string; readonly name: string }[];
}

export function abilitiesOf({ agentInfo, agentCapabilities, authMethods }: WireInitialize): AgentAbilities {
  const { sessionCapabilities, promptCapabilities, mcpCapabilities } = agentCapabilities ?? {};
  const can = (name: "resume" | "list" | "close" | "delete") => Boolean(sessionCapabilities?.[name]);
  return {
    version: agentInfo?.version ?? "unknown",
    load: agentCapabilities?.loadSession ?? false,
    resume: can("resume"),
    list: can("list"),
    close: can("close"),
    delete: can("delete"),
    takes: {
      image: promptCapabilities?.image ?? false,
      audio: promptCapabilities?.audio ?? false,
      embeddedContext: promptCapabilities?.embeddedContext ?? false,
    },
    takesHttpMcp: mcpCapabilities?.http ?? false,
    authMethods: (authMethods ?? []).map(({ id, name, description }) => ({
      id,
      name: description ?? name ?? id,
    })),
  };
}
