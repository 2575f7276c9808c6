import { isLoopback } from "../process/access.ts";

/** Is it this machine that a host names? Then the engine there stores what it does in a file here. */
export function isOnThisMachine(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, "");
  return isLoopback(name) || name.endsWith(".localhost") || ["0.0.0.0", "::"].includes(name);
}
