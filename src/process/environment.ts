/** Variables by name; an `undefined` one is not set. */
type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Variables over others. On Windows names that differ in case only are one: there `Path` of one replaces `PATH` of the
 * other, where a plain merge would leave both and the system would choose.
 */
export function mergeEnvironment(
  base: Variables,
  over: Variables = {},
  platform: NodeJS.Platform = process.platform,
): Variables {
  if (platform !== "win32") return { ...base, ...over };
  const replaced = new Set(Object.keys(over).map((name) => name.toUpperCase()));
  const kept = Object.entries(base).filter(([name]) => !replaced.has(name.toUpperCase()));
  return { ...Object.fromEntries(kept), ...over };
}
