import { readFile } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { reasonOf } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { type ConfigObject, isConfigObject, type KeyPath, printKeyPath } from "./config-object.ts";
import { configInvalid } from "./parse.ts";

/** What placeholders are looked up in. */
export interface PlaceholderSource {
  readonly env: Environment;
  /** What `~/` stands for. */
  readonly home: string;
  /** What relative paths start from. */
  readonly directory: string;
  /** Of the file, for errors. */
  readonly name: string;
}

export interface Expanded {
  readonly config: ConfigObject;
  /** What came out of variables and files: nothing to show. */
  readonly secrets: readonly string[];
}

const PLACEHOLDER = /(\$?)\$\{([A-Za-z_]\w*)(?::-([^}]*))?\}|\{env:([^}]+)\}|\{file:([^}]+)\}/g;

/**
 * Expands `${VAR}`, `${VAR:-default}`, `{env:VAR}` and `{file:path}` in texts, once: what comes out of them is not
 * looked at again. `$${VAR}` is `${VAR}` as it stands. An empty variable is an unset one.
 *
 * @throws EngineError `CONFIG_INVALID` naming file, key and variable (or path) that there is not
 */
export async function expandPlaceholders(config: ConfigObject, source: PlaceholderSource): Promise<Expanded> {
  const secrets = new Set<string>();
  const expand = async (value: unknown, path: KeyPath): Promise<unknown> => {
    if (typeof value === "string") return expandText(value, path, source, secrets);
    if (Array.isArray(value)) {
      return Promise.all(value.map((item, index) => expand(item, [...path, index])));
    }
    return isConfigObject(value) ? expandObject(value, path) : value;
  };
  const expandObject = async (object: ConfigObject, path: KeyPath): Promise<ConfigObject> => {
    const entries = Object.entries(object).map(async ([key, value]) => [
      key,
      await expand(value, [...path, key]),
    ]);
    return Object.fromEntries(await Promise.all(entries));
  };
  return { config: await expandObject(config, []), secrets: [...secrets] };
}

async function expandText(
  text: string,
  path: KeyPath,
  source: PlaceholderSource,
  secrets: Set<string>,
): Promise<string> {
  let result = "";
  let end = 0;
  for (const match of text.matchAll(PLACEHOLDER)) {
    const [whole, escaped, shell, fallback, env, file] = match;
    result += text.slice(end, match.index);
    end = match.index + whole.length;
    if (escaped) {
      result += whole.slice(1);
      continue;
    }
    const value =
      file === undefined
        ? (lookUp(shell ?? env ?? "", source) ?? fallback)
        : await read(file, whole, path, source);
    if (value === undefined) throw unset(shell ?? env ?? "", path, source);
    if (value !== fallback) secrets.add(value);
    result += value;
  }
  return result + text.slice(end);
}

function lookUp(variable: string, { env }: PlaceholderSource): string | undefined {
  return Object.hasOwn(env, variable) ? env[variable] || undefined : undefined;
}

function unset(variable: string, path: KeyPath, { name }: PlaceholderSource) {
  return configInvalid(
    `The variable ${variable} is not set, which ${name} names in ${printKeyPath(path)}. Set it, or give a default there: \${${variable}:-default}.`,
  );
}

async function read(file: string, whole: string, path: KeyPath, source: PlaceholderSource): Promise<string> {
  const from = pathOfPlaceholder(file, source);
  try {
    return (await readFile(from, "utf8")).trim();
  } catch (cause) {
    const missing = cause instanceof Error && "code" in cause && cause.code === "ENOENT";
    const problem = missing ? `${from} does not exist` : `${from} can't be read: ${reasonOf(cause)}`;
    throw configInvalid(
      `${source.name} names ${whole} in ${printKeyPath(path)}, but ${problem}. Make the file, or mend its path.`,
      cause,
    );
  }
}

/** Relative to the file that it stands in; `~/` is the home directory. */
export function pathOfPlaceholder(
  file: string,
  { home, directory }: Pick<PlaceholderSource, "home" | "directory">,
): string {
  if (file.startsWith("~/")) return join(home, file.slice(2));
  return isAbsolute(file) ? file : resolve(directory, file);
}
