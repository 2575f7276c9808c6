import type { EngineCapability } from "../../engine/capabilities.ts";

/** What a server of the contract can do, unless its health says otherwise. */
export const expectedCapabilities = [
  "storeMessage",
  "permissions",
  "summarize",
] as const satisfies readonly EngineCapability[];

/** What a server can do only if its health says so: routes and fields that came to the contract later. */
export const announcedCapabilities = [
  "reviewEdits",
  "promptTools",
  "questions",
  "updateSession",
  "unarchive",
  "deleteSession",
  "fork",
  "revert",
  "todo",
  "diff",
  "commands",
  "models",
  "providers",
  "agents",
  "variants",
  "mcp",
] as const satisfies readonly EngineCapability[];

/** Told as a capability, too: the list of sessions takes a query, and comes in pages. */
export const SESSION_PAGES = "sessionPages";
