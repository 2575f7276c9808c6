import type { McpTool } from "../../engine/message.ts";

/** What the engine's names of a server's tools begin with: what it can't use in a name has become `_`. */
export function toolPrefix(server: string): string {
  return `${server.replace(/[^a-zA-Z0-9_-]/g, "_")}_`;
}

/**
 * Which tool of which server is meant by this name; `undefined`: of none of these. Several may fit, `a` and `a_b` do for
 * `a_b_c`: then it is the one with the longest name.
 */
export function mcpToolOf(name: string, servers: readonly string[]): McpTool | undefined {
  let longest = "";
  let found: McpTool | undefined;
  for (const server of servers) {
    const prefix = toolPrefix(server);
    if (prefix.length <= longest.length || !name.startsWith(prefix) || name === prefix) continue;
    longest = prefix;
    found = { server, tool: name.slice(prefix.length) };
  }
  return found;
}

/** Can it be a tool of a server at all? */
export function mayBeMcp(name: string): boolean {
  return name.indexOf("_", 1) > 0;
}
