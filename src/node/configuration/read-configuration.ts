import { dirname, resolve } from "node:path";
import type { Diagnostic } from "../../engine/diagnostics.ts";
import { EngineError } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { homeOf } from "../places.ts";
import { type ConfigObject, isConfigObject, type KeyPath } from "./config-object.ts";
import { Configuration, type ConfigurationProblem } from "./configuration.ts";
import { globalConfigurationFiles, namedConfigurationFile } from "./configuration-files.ts";
import {
  enginePart,
  keyOfEngine,
  type OwnFile,
  ownFiles,
  parseOwnFile,
  textOf,
  textOfOwnFile,
} from "./own-file.ts";
import { configInvalid } from "./parse.ts";
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
 * `OPENCODE_CONFIG_CONTENT`, the `.quantumreef/config.json` of the person and of the workspace, and the option `config`.
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
  for (const file of await ownFiles({ env, home, workingDirectory })) await reader.ownFile(file);
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
    await this.#file(file, "start", textOf(path), (text) =>
      readEngineText(text, origin, this.#from(path, dirname(path))),
    );
    const isMissing = this.parts.files.at(-1)?.status === "missing";
    if (namedBy === undefined || !isMissing) return;
    const message = `${namedBy} names ${path}, which does not exist; OpenCode goes on without it.`;
    this.parts.diagnostics.push({ level: "warning", code: "configuration_file_missing", message });
  }

  async ownFile(file: OwnFile): Promise<void> {
    const { kind, path } = file;
    await this.#file(file, "always", textOfOwnFile(file), async (text) => {
      const parsed = parseOwnFile(text, path);
      const written = enginePart(parsed, path, "opencode");
      if (written === undefined) return { diagnostics: [] };
      const lineOf = (key: KeyPath) => parsed.lineOf([...keyOfEngine("opencode"), ...key]);
      return readOwnConfig(written, { kind, path }, this.#from(path, dirname(path)), lineOf);
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
    content: Promise<string | undefined>,
    read: (text: string) => Promise<SourceReading>,
  ): Promise<void> {
    let text: string | undefined;
    const error = await this.#read(file.path, matters, async () => {
      text = await content;
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
