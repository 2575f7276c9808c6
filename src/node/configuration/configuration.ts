import type { Diagnostic } from "../../engine/diagnostics.ts";
import type { EngineError } from "../../engine/errors.ts";
import type { Environment } from "../places.ts";
import { type ConfigObject, isConfigObject, type KeyPath, printKeyPath, valueAt } from "./config-object.ts";
import { mergeConfiguration } from "./merge.ts";
import { ollamaProvider } from "./ollama.ts";
import { configInvalid } from "./parse.ts";
import { brokenServers } from "./read-source.ts";
import type { ConfigurationFile, ConfigurationOrigin, ConfigurationSource } from "./source.ts";
import { isMcpOfEngine } from "./translate-mcp.ts";

/** Something wrong with a file, and whether it matters where no server is started. */
export interface ConfigurationProblem {
  readonly error: EngineError;
  /** `start`: only a server that we start would see it. */
  readonly matters: "always" | "start";
}

export interface ConfigurationParts {
  readonly files: readonly ConfigurationFile[];
  /** Those that could be read; later ones win. */
  readonly sources: readonly ConfigurationSource[];
  readonly problems: readonly ConfigurationProblem[];
  readonly diagnostics: readonly Diagnostic[];
  readonly env: Environment;
}

/** More than this does not fit into one variable on Linux. */
const MAX_VARIABLE_BYTES = 128 * 1024 - 1;

/** OpenCode's configuration as this machine and workspace have it, and what is handed to a server that we start. */
export class Configuration {
  /** All files that were looked for, missing ones too, in the order in which they are merged. */
  readonly files: readonly ConfigurationFile[];
  readonly problems: readonly ConfigurationProblem[];
  readonly diagnostics: readonly Diagnostic[];
  /** In the form that the engine takes, placeholders expanded: it holds keys. Files of projects are not in it. */
  readonly merged: ConfigObject;
  readonly #sources: readonly ConfigurationSource[];
  readonly #env: ConfigurationParts["env"];

  /** @internal */
  constructor({ files, sources, problems, diagnostics, env }: ConfigurationParts) {
    this.files = files;
    this.problems = problems;
    this.diagnostics = diagnostics;
    this.merged = mergeSources(sources);
    this.#sources = sources;
    this.#env = env;
  }

  /** Where a value was written; of an object: where something was written in it last. */
  originOf(path: KeyPath): ConfigurationOrigin | undefined {
    const source = this.#sources.findLast(({ config }) => valueAt(config, path) !== undefined);
    if (source === undefined) return undefined;
    const line = source.lineOf?.(path);
    return { ...source.origin, ...(line === undefined ? {} : { line }) };
  }

  /**
   * @param starting whether a server will be started, which then reads all of it
   * @throws EngineError `CONFIG_INVALID`, the first problem that matters
   */
  check({ starting }: { readonly starting: boolean }): void {
    const problem = this.problems.find(({ matters }) => starting || matters === "always");
    if (problem !== undefined) throw problem.error;
  }

  /**
   * What OpenCode does not read itself, and has to be handed over: what it would ignore in its own files, the
   * variable `OPENCODE_CONFIG_CONTENT`, the workspace, the option `config`, and a provider for models of Ollama.
   * `undefined` if there is nothing. It holds keys.
   *
   * @param models names of models besides those of the configuration, that the engine must have
   * @throws EngineError `CONFIG_INVALID` for half an MCP server, whose other half is in no file that we read
   */
  overlay(models: readonly (string | undefined)[] = []): ConfigObject | undefined {
    const { model, small_model } = this.merged;
    const named = [...models, model, small_model].filter((name) => typeof name === "string");
    const generated = ollamaProvider(named, this.merged, this.#env);
    const ours = this.#sources.filter(({ readByEngine, ignored }) => !readByEngine || hasKeys(ignored));
    if (ours.length === 0 && generated === undefined) return undefined;
    const given = this.#sources
      .map(({ origin, config, ignored, readByEngine }) =>
        readByEngine && origin.kind !== "variable" ? ignored : config,
      )
      .concat(generated ?? {})
      .reduce((all, config) => mergeConfiguration(all, config, { appendLists: true }), {});
    return this.#withWholeServers(given);
  }

  /** The variables with which a server has this configuration; nothing where it has it anyway. */
  environment(models: readonly (string | undefined)[] = []): Readonly<Record<string, string>> {
    const named = this.files.find(({ namedBy }) => namedBy === "OPENCODE_CONFIG");
    const overlay = this.overlay(models);
    const content = overlay === undefined ? undefined : serialize(overlay);
    const size = Buffer.byteLength(content ?? "");
    if (process.platform === "linux" && size > MAX_VARIABLE_BYTES - "OPENCODE_CONFIG_CONTENT=".length) {
      throw configInvalid(
        `The configuration to hand to the server has ${size} bytes; one variable takes 128 KB. Move large parts into OpenCode's own files.`,
      );
    }
    return {
      // A server may run in another folder.
      ...(named === undefined ? {} : { OPENCODE_CONFIG: named.path }),
      ...(content === undefined ? {} : { OPENCODE_CONFIG_CONTENT: content }),
    };
  }

  /** Texts that must not appear in logs: what came out of placeholders, keys, tokens. */
  secrets(): readonly string[] {
    const found = new Set(this.#sources.flatMap(({ secrets }) => secrets));
    for (const text of keysIn(this.merged)) found.add(text);
    // Short ones are no secrets, and would tear holes into every log.
    return [...found].filter((text) => text.length >= 6);
  }

  /** The engine checks every source by itself, so that half an entry is an error, whatever another source has. */
  #withWholeServers(overlay: ConfigObject): ConfigObject {
    const broken = brokenServers(overlay);
    if (broken.length === 0 || !isConfigObject(overlay.mcp)) return overlay;
    const servers: Record<string, unknown> = { ...overlay.mcp };
    for (const name of broken) {
      const path = ["mcp", name];
      const whole = valueAt(this.merged, path);
      if (!isMcpOfEngine(whole)) {
        const { path: file, name: option, line } = this.originOf(path) ?? {};
        const place = `${file ?? option ?? "The configuration"}${line === undefined ? "" : `:${line}`}`;
        throw configInvalid(
          `${place} has ${printKeyPath(path)} without what OpenCode needs: a command, or a url. Complete or remove it.`,
        );
      }
      servers[name] = whole;
    }
    return { ...overlay, mcp: servers };
  }
}

function mergeSources(sources: readonly ConfigurationSource[]): ConfigObject {
  return sources.reduce<ConfigObject>((all, { config, origin }) => {
    // Among its files for all projects OpenCode replaces them, and from then on it adds to them.
    const isGlobal = origin.kind === "global file" && origin.name === undefined;
    return mergeConfiguration(all, config, { appendLists: !isGlobal });
  }, {});
}

/** As JSON in which OpenCode finds no placeholders: what came out of ours must stay as it is. */
function serialize(overlay: ConfigObject): string {
  return JSON.stringify(overlay).replaceAll(/\{(?=(?:env|file):)/g, "\\u007b");
}

function hasKeys(config: ConfigObject): boolean {
  return Object.keys(config).length > 0;
}

const SECRET_KEY = /key|token|secret|password|authorization/i;

function* keysIn(value: unknown, secret = false): Iterable<string> {
  if (typeof value === "string") {
    if (secret) yield value;
  } else if (typeof value === "object" && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      const within = secret || key === "environment" || key === "headers" || SECRET_KEY.test(key);
      yield* keysIn(inner, within);
    }
  }
}
