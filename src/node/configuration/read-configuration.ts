import { readFile } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../../engine/diagnostics.ts";
import { EngineError, reasonOf } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { homeOf } from "../places.ts";
import { type ConfigObject, isConfigObject, type KeyPath, printKeyPath, valueAt } from "./config-object.ts";
import { Configuration, type ConfigurationProblem } from "./configuration.ts";
import {
  globalConfigurationFiles,
  namedConfigurationFile,
  workspaceConfigurationFile,
} from "./configuration-files.ts";
import { configInvalid, type ParsedConfiguration, parseConfiguration } from "./parse.ts";
import { readEngineText, readOwnConfig, type SourceReading } from "./read-source.ts";
import type { ConfigurationFile, ConfigurationSource } from "./source.ts";

export interface ReadConfigurationOptions {
  /** Default: `process.env`. */
  readonly env?: Environment | undefined;
  /** Default: `HOME` (or `USERPROFILE`) of `env`, else that of this process. */
  readonly home?: string | undefined;
  /** Whose workspace file is read. Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
  /** Merged over all files. */
  readonly config?: ConfigObject | undefined;
}

/**
 * Reads OpenCode's configuration: its files for all projects, the one that `OPENCODE_CONFIG` names,
 * `OPENCODE_CONFIG_CONTENT`, the workspace's `.quantumreef/config.json`, and the option `config`.
 *
 * Files that are missing or wrong do not make it fail: see `files`, `problems` and `check()`.
 */
export async function readConfiguration(options: ReadConfigurationOptions = {}): Promise<Configuration> {
  const { env = process.env, workingDirectory = process.cwd(), config } = options;
  if (typeof workingDirectory !== "string")
    throw configInvalid(
      `The option workingDirectory is ${String(workingDirectory)}; allowed: the path of a folder.`,
    );
  const home = options.home ?? homeOf(env);
  const reader = new Reader(env, home, resolve(workingDirectory));
  for (const path of globalConfigurationFiles(env, home)) await reader.engineFile(path);
  const named = namedConfigurationFile(env);
  if (named !== undefined) await reader.engineFile(named, "OPENCODE_CONFIG");
  if (env.OPENCODE_CONFIG_CONTENT) await reader.content(env.OPENCODE_CONFIG_CONTENT);
  await reader.workspaceFile(await workspaceConfigurationFile(workingDirectory));
  if (config !== undefined) await reader.option(config);
  return new Configuration({ ...reader.parts, env });
}

/** Gathers what the sources give. */
class Reader {
  readonly #env: Environment;
  readonly #home: string;
  readonly #directory: string;
  readonly parts: {
    readonly files: ConfigurationFile[];
    readonly sources: ConfigurationSource[];
    readonly problems: ConfigurationProblem[];
    readonly diagnostics: Diagnostic[];
  } = { files: [], sources: [], problems: [], diagnostics: [] };

  constructor(env: Environment, home: string, directory: string) {
    this.#env = env;
    this.#home = home;
    this.#directory = directory;
  }

  async engineFile(path: string, namedBy?: string): Promise<void> {
    const kind = "global file";
    const origin = { kind, path, ...(namedBy === undefined ? {} : { name: namedBy }) } as const;
    const file = { path, kind, ...(namedBy === undefined ? {} : { namedBy }) } as const;
    await this.#file(file, "start", (text) => readEngineText(text, origin, this.#from(path, dirname(path))));
    const isMissing = this.parts.files.at(-1)?.status === "missing";
    if (namedBy === undefined || !isMissing) return;
    const message = `${namedBy} names ${path}, which does not exist; OpenCode goes on without it.`;
    this.parts.diagnostics.push({ level: "warning", code: "configuration_file_missing", message });
  }

  async workspaceFile(path: string): Promise<void> {
    const origin = { kind: "workspace file", path } as const;
    await this.#file({ path, kind: "workspace file" }, "always", async (text) => {
      // Where an editor left a blank file there is nothing to read; OpenCode alone is stricter than that.
      const parsed = parseConfiguration(text.trim() === "" ? "" : text, path);
      const written = ownPart(parsed, path);
      if (written === undefined) return { diagnostics: [] };
      const lineOf = (key: KeyPath) => parsed.lineOf([...WORKSPACE_KEY, ...key]);
      return readOwnConfig(written, origin, this.#from(path, dirname(path)), lineOf);
    });
  }

  /** The variable is OpenCode's own, which takes paths in it from the directory that it works in. */
  async content(text: string): Promise<void> {
    const origin = { kind: "variable", name: "OPENCODE_CONFIG_CONTENT" } as const;
    await this.#read(origin.name, "start", () =>
      readEngineText(text, origin, this.#from(origin.name, this.#directory)),
    );
  }

  async option(config: ConfigObject): Promise<void> {
    const origin = { kind: "option", name: "config" } as const;
    const name = "The option config";
    await this.#read(name, "start", async () => {
      if (!isConfigObject(config)) throw configInvalid(`${name} must be an object.`);
      return readOwnConfig(config, origin, this.#from(name, this.#directory));
    });
  }

  #from(name: string, directory: string) {
    return { env: this.#env, home: this.#home, directory, name };
  }

  async #file(
    file: Omit<ConfigurationFile, "status" | "error">,
    matters: ConfigurationProblem["matters"],
    read: (text: string) => Promise<SourceReading>,
  ): Promise<void> {
    let text: string | undefined;
    const error = await this.#read(file.path, matters, async () => {
      text = await textOf(file.path);
      return text === undefined ? { diagnostics: [] } : read(text);
    });
    const status = error !== undefined ? "invalid" : text === undefined ? "missing" : "read";
    this.parts.files.push({ ...file, status, ...(error && { error: error.toJSON() }) });
  }

  async #read(
    name: string,
    matters: ConfigurationProblem["matters"],
    read: () => Promise<SourceReading>,
  ): Promise<EngineError | undefined> {
    const { sources, problems, diagnostics } = this.parts;
    try {
      const { source, error, diagnostics: told } = await read();
      if (source !== undefined) sources.push(source);
      // It could be read: only an engine would stumble over it.
      if (error !== undefined) problems.push({ error, matters: "start" });
      diagnostics.push(...told);
      return error;
    } catch (cause) {
      // What reads it goes as deep as it is.
      const isTooDeep = cause instanceof RangeError;
      const error = isTooDeep ? configInvalid(`${name} is nested too deeply to be read.`, cause) : cause;
      if (!EngineError.is(error)) throw error;
      problems.push({ error, matters });
      return error;
    }
  }
}

/** Where a workspace file has its part for OpenCode. */
const WORKSPACE_KEY = ["engineConfig", "opencode"] as const;

/** @throws EngineError `CONFIG_INVALID` where there is something else */
function ownPart(parsed: ParsedConfiguration, path: string): ConfigObject | undefined {
  let part: unknown = parsed.config;
  for (const [index, key] of WORKSPACE_KEY.entries()) {
    part = valueAt(part, [key]);
    if (part === undefined) return undefined;
    const place = WORKSPACE_KEY.slice(0, index + 1);
    if (!isConfigObject(part))
      throw configInvalid(
        `${path}:${parsed.lineOf(place)} has ${printKeyPath(place)}, which must be an object.`,
      );
  }
  return isConfigObject(part) ? part : undefined;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw configInvalid(`${path} can't be read: ${reasonOf(cause)}.`, cause);
  }
}
