import { type ConfigObject, isConfigObject } from "./config-object.ts";
import { mergeConfiguration } from "./merge.ts";

/** What a provider of the engine's configuration has beside its options. */
const KEYS: ReadonlySet<string> = new Set([
  "api",
  "name",
  "env",
  "id",
  "npm",
  "whitelist",
  "blacklist",
  "options",
  "models",
]);

/**
 * The published provider `{ apiKey, baseURL, ... }` as the engine's `{ options: { apiKey, baseURL, ... } }`, and a list
 * of `models` as an object. `moved` is the part that the engine would have ignored, in its own form.
 */
export function translateProvider(provider: ConfigObject): {
  readonly provider: ConfigObject;
  readonly moved: ConfigObject;
} {
  const kept: Record<string, unknown> = {};
  const options: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(provider)) {
    if (KEYS.has(key)) kept[key] = value;
    else options[key === "baseUrl" ? "baseURL" : key] = value;
  }
  const moved: ConfigObject = Object.keys(options).length === 0 ? {} : { options };
  if (Array.isArray(kept.models)) {
    const names = kept.models.filter((name) => typeof name === "string");
    kept.models = Object.fromEntries(names.map((name) => [name, {}]));
  }
  // What is written in the engine's own form is meant.
  return { provider: mergeConfiguration(moved, kept), moved };
}

/** `providers` of the published form into `provider` of the engine's; the latter wins. */
export function translateProviders(
  published: unknown,
  own: unknown,
): { readonly providers: ConfigObject | undefined; readonly ignored: ConfigObject } {
  if (!isConfigObject(published) && !isConfigObject(own)) return { providers: undefined, ignored: {} };
  let providers: ConfigObject = {};
  let ignored: ConfigObject = {};
  for (const [id, value] of Object.entries(isConfigObject(published) ? published : {})) {
    if (!isConfigObject(value)) continue;
    const { provider } = translateProvider(value);
    providers = { ...providers, [id]: provider };
    ignored = { ...ignored, [id]: provider };
  }
  for (const [id, value] of Object.entries(isConfigObject(own) ? own : {})) {
    if (!isConfigObject(value)) {
      providers = { ...providers, [id]: value };
      continue;
    }
    const { provider, moved } = translateProvider(value);
    providers = mergeConfiguration(providers, { [id]: provider });
    if (Object.keys(moved).length > 0) ignored = mergeConfiguration(ignored, { [id]: moved });
  }
  // What the engine does read wins over what it does not.
  for (const id of Object.keys(ignored)) {
    const read = isConfigObject(own) ? own[id] : undefined;
    if (isConfigObject(ignored[id]) && isConfigObject(read)) {
      ignored = { ...ignored, [id]: without(ignored[id], read) };
    }
  }
  return { providers, ignored };
}

/** The part of `config` that `other` says nothing of. */
function without(config: ConfigObject, other: ConfigObject): ConfigObject {
  const rest: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(config)) {
    const said = other[key];
    if (isConfigObject(value) && isConfigObject(said)) rest[key] = without(value, said);
    else if (!Object.hasOwn(other, key)) rest[key] = value;
  }
  return rest;
}
