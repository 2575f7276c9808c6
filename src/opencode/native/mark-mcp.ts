import type { DriverMessage, DriverPart } from "../../engine/driver-events.ts";
import type { McpTool } from "../../engine/message.ts";
import { mayBeMcp } from "./mcp-names.ts";

/** Whose tool is meant by this name? `undefined`: one of the engine's own, or nobody knows. */
export type FindMcpTool = (name: string) => McpTool | undefined;

/** The name of a tool that may be of an MCP server. */
export function mcpNameIn({ part }: DriverPart): string | undefined {
  return part.type === "tool" && mayBeMcp(part.toolCall.name) ? part.toolCall.name : undefined;
}

export function markPart(part: DriverPart, find: FindMcpTool): DriverPart {
  const name = mcpNameIn(part);
  const mcp = name === undefined ? undefined : find(name);
  if (mcp === undefined || part.part.type !== "tool") return part;
  return { ...part, part: { ...part.part, toolCall: { ...part.part.toolCall, mcp } } };
}

export function markMessage(message: DriverMessage, find: FindMcpTool): DriverMessage {
  const { parts } = message;
  return parts === undefined ? message : { ...message, parts: parts.map((part) => markPart(part, find)) };
}
