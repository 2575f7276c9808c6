import { type ConfigObject, isConfigObject, type KeyPath } from "./config-object.ts";
import { mergePlugins } from "./plugins.ts";

/** Keys that reach into the prototypes of JavaScript. No option of any engine is called so. */
const FORBIDDEN: ReadonlySet<string> = new Set(["__proto__", "constructor", "prototype"]);

/** How two lists are merged that OpenCode does not merge as others. */
export interface MergeOptions {
  /** `instructions` and `plugin` of both, each once, as between sources (but not among the global files). */
  readonly appendLists?: boolean | undefined;
}

/** As OpenCode merges: objects deeply; anything else, lists too, is replaced. Neither argument is changed. */
export function mergeConfiguration(
  base: ConfigObject,
  extra: ConfigObject,
  { appendLists = false }: MergeOptions = {},
): ConfigObject {
  const result = mergeDeep(base, extra);
  if (!appendLists) return result;
  return {
    ...result,
    ...append("instructions", base, extra, (before, after) => [...new Set([...before, ...after])]),
    ...append("plugin", base, extra, mergePlugins),
  };
}

function append(
  key: string,
  base: ConfigObject,
  extra: ConfigObject,
  merge: (before: readonly unknown[], after: readonly unknown[]) => readonly unknown[],
): ConfigObject {
  const [before, after] = [base[key], extra[key]];
  return Array.isArray(before) && Array.isArray(after) ? { [key]: merge(before, after) } : {};
}

function mergeDeep(base: ConfigObject, extra: ConfigObject): ConfigObject {
  const result: Record<string, unknown> = {};
  for (const key of Object.keys({ ...base, ...extra })) {
    if (FORBIDDEN.has(key)) continue;
    const before = base[key];
    const after = Object.hasOwn(extra, key) ? extra[key] : before;
    // Also where only one of them has it: what is deeper in it must be clean too.
    result[key] = isConfigObject(after) ? mergeDeep(isConfigObject(before) ? before : {}, after) : after;
  }
  return result;
}

/** The same without keys that must never be merged, and where they stood. */
export function withoutForbiddenKeys(config: ConfigObject): {
  readonly config: ConfigObject;
  readonly dropped: readonly KeyPath[];
} {
  const dropped: KeyPath[] = [];
  const clean = (value: unknown, path: KeyPath): unknown => {
    if (Array.isArray(value)) return value.map((item, index) => clean(item, [...path, index]));
    return isConfigObject(value) ? cleanObject(value, path) : value;
  };
  const cleanObject = (object: ConfigObject, path: KeyPath): ConfigObject => {
    const result: Record<string, unknown> = {};
    for (const key of Object.keys(object)) {
      const here = [...path, key];
      if (FORBIDDEN.has(key)) dropped.push(here);
      else result[key] = clean(object[key], here);
    }
    return result;
  };
  return { config: cleanObject(config, []), dropped };
}
