/** A configuration of OpenCode, or a part of one. What its keys mean is the engine's business. */
export type ConfigObject = Readonly<Record<string, unknown>>;

/** Where a value stands: names of keys, and places in lists. */
export type KeyPath = readonly (string | number)[];

export function isConfigObject(value: unknown): value is ConfigObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** For people: `provider.acme.options.apiKey`, `mcp["a b"].command[0]`. */
export function printKeyPath(path: KeyPath): string {
  return path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`;
    if (!/^[\w$-]+$/.test(key)) return `${text}[${JSON.stringify(key)}]`;
    return text === "" ? key : `${text}.${key}`;
  }, "");
}

/** The value there; `undefined` if there is none. Inherited names are none. */
export function valueAt(config: unknown, path: KeyPath): unknown {
  let value = config;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}
