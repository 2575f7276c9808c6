import type { Environment } from "../places.ts";

/**
 * Variables over others. On Windows names that differ in case only are one: there `Path` of one replaces `PATH` of the
 * other, where a plain merge would leave both and the system would choose.
 */
export function mergeEnvironment(
  base: Environment,
  over: Environment = {},
  platform: NodeJS.Platform = process.platform,
): Environment {
  if (platform !== "win32") return { ...base, ...over };
  const replaced = new Set(Object.keys(over).map((name) => name.toUpperCase()));
  const kept = Object.entries(base).filter(([name]) => !replaced.has(name.toUpperCase()));
  return { ...Object.fromEntries(kept), ...over };
}
