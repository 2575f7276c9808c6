import { readFile } from "node:fs/promises";
import { reasonOf } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { homeOf } from "../places.ts";
import { type ConfigObject, isConfigObject, type KeyPath, printKeyPath, valueAt } from "./config-object.ts";
import { userConfigurationFile, workspaceConfigurationFile } from "./configuration-files.ts";
import { configInvalid, type ParsedConfiguration, parseConfiguration } from "./parse.ts";

/** A `.quantumreef/config.json`. */
export interface OwnFile {
  readonly kind: "user file" | "workspace file";
  readonly path: string;
  /** The variable that names it, so that it must be there. */
  readonly namedBy?: string;
}

export interface OwnFilesOptions {
  readonly env: Environment;
  /** Default: that of `env`, else of this process. */
  readonly home?: string | undefined;
  readonly workingDirectory: string;
}

/**
 * The person's own file, and over it that of the workspace. In the home directory they are the same one, which then is
 * the person's.
 */
export async function ownFiles({
  env,
  home = homeOf(env),
  workingDirectory,
}: OwnFilesOptions): Promise<readonly OwnFile[]> {
  const user = userConfigurationFile(env, home);
  const workspace = await workspaceConfigurationFile(workingDirectory);
  const namedBy = env.QUANTUMREEF_CONFIG ? { namedBy: "QUANTUMREEF_CONFIG" } : {};
  const own: OwnFile = { kind: "user file", path: user, ...namedBy };
  return workspace === user ? [own] : [own, { kind: "workspace file", path: workspace }];
}

/** @throws EngineError `CONFIG_INVALID` with line and column */
export function parseOwnFile(text: string, path: string): ParsedConfiguration {
  // Where an editor left a blank file there is nothing to read; OpenCode alone is stricter than that.
  return parseConfiguration(text.trim() === "" ? "" : text, path);
}

/**
 * What such a file has for an engine; `undefined`: nothing.
 * @throws EngineError `CONFIG_INVALID` where there is something else than an object
 */
export function enginePart(
  parsed: ParsedConfiguration,
  path: string,
  engine: string,
): ConfigObject | undefined {
  const place = keyOfEngine(engine);
  for (const depth of [1, 2]) {
    const key = place.slice(0, depth);
    const part = valueAt(parsed.config, key);
    if (part === undefined) return undefined;
    if (!isConfigObject(part))
      throw configInvalid(`${path}:${parsed.lineOf(key)} has ${printKeyPath(key)}, which must be an object.`);
    if (depth === 2) return part;
  }
  return undefined;
}

export function keyOfEngine(engine: string): KeyPath {
  return ["engineConfig", engine];
}

/**
 * The text of such a file; `undefined`: there is none, and nobody named it.
 * @throws EngineError `CONFIG_INVALID` when it can't be read, or is named and not there
 */
export async function textOfOwnFile({ path, namedBy }: OwnFile): Promise<string | undefined> {
  const text = await textOf(path);
  if (text === undefined && namedBy !== undefined)
    throw configInvalid(
      `${namedBy} names ${path}, which does not exist. Create that file or unset the variable.`,
    );
  return text;
}

/**
 * The text of a file; `undefined`: there is none.
 * @throws EngineError `CONFIG_INVALID` when there is one that can't be read
 */
export async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw configInvalid(`${path} can't be read: ${reasonOf(cause)}.`, cause);
  }
}
