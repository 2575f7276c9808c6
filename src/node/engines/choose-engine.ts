import { dirname } from "node:path";
import { EngineError } from "../../engine/errors.ts";
import {
  createFrom,
  type EngineFactories,
  type EngineIdOf,
  type Engines,
  knownEngines,
} from "../../engines/define-engines.ts";
import type { ConfigObject } from "../configuration/config-object.ts";
import { mergeConfiguration, withoutForbiddenKeys } from "../configuration/merge.ts";
import {
  enginePart,
  type OwnFile,
  ownFiles,
  parseOwnFile,
  textOfOwnFile,
} from "../configuration/own-file.ts";
import type { ParsedConfiguration } from "../configuration/parse.ts";
import { expandPlaceholders } from "../configuration/placeholders.ts";
import { type Environment, homeOf } from "../places.ts";
import { printOrigin, type Setting, type SettingOrigin } from "../settings/setting.ts";

export interface ChooseEngineOptions<Factories extends EngineFactories = EngineFactories> {
  /** Whatever anybody's files say. Default: what they say. */
  readonly engine?: EngineIdOf<Factories> | undefined;
  /** For the chosen engine, over what the files say. Default: nothing. */
  readonly config?: ConfigObject | undefined;
  /** Whose workspace file counts. Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
  /** Variables over those of this process. Default: none. */
  readonly env?: Environment | undefined;
}

/** Which engine is used, and why. Nothing of it runs yet. */
export interface EngineChoice<Factories extends EngineFactories = EngineFactories> {
  readonly id: EngineIdOf<Factories>;
  /** Who chose it. `printOrigin()` says it in words. */
  readonly origin: SettingOrigin;
  /** What its factory is given: `engineConfig.<id>` of the files and the option `config`. It may hold keys. */
  readonly config: ConfigObject;
  /** Makes a client of it; each call makes another one. */
  create(): Promise<EngineOf<Factories>>;
  /**
   * The one that the key `fallbackEngine` of the workspace's file, else of the person's, names for when this one can't be
   * used; `undefined` if none does, or it is this one. `openEngine()` asks for it.
   * @throws EngineError `CONFIG_INVALID` as {@link chooseEngine}
   */
  fallback(): Promise<EngineChoice<Factories> | undefined>;
}

/** A client of any of these engines. */
export type EngineOf<Factories extends EngineFactories> = Awaited<
  ReturnType<Factories[EngineIdOf<Factories>]>
>;

/**
 * Chooses among the engines of an application as the files of QuantumReef say: the option `engine`, else the variable
 * `QUANTUMREEF_ENGINE`, else `engine` of the workspace's `.quantumreef/config.json`, else of the person's own in the home
 * directory, else the first that was defined. Its configuration is `engineConfig.<id>` of both files, the workspace's
 * over the person's, and the option `config` over them: objects deeply, lists replaced, placeholders expanded.
 *
 * What the files have for the id `opencode` is OpenCode's own configuration, which `createOpenCode()` reads itself, by
 * the rules of `readConfiguration()`: it is not handed over a second time, but `workingDirectory` is, where it is given.
 *
 * @example
 * ```ts
 * const choice = await chooseEngine(engines);
 * console.log(`${choice.id}: ${printOrigin(choice.origin)}`); // acme: workspace file /home/me/app/.quantumreef/config.json:2 (engine)
 * const client = await choice.create();
 * ```
 * @throws EngineError `CONFIG_INVALID` for a file that can't be read, an engine that is not there, a placeholder without
 *   a value, each with its place
 */
export async function chooseEngine<Factories extends EngineFactories>(
  engines: Engines<Factories>,
  options: ChooseEngineOptions<Factories> = {},
): Promise<EngineChoice<Factories>> {
  const env = { ...process.env, ...options.env };
  const { workingDirectory, config: own = {} } = options;
  const files = await ownFiles({ env, workingDirectory: workingDirectory ?? process.cwd() });
  const read = (await Promise.all(files.map(readFile))).filter((file) => file !== undefined);
  const choiceOf = async (
    { value: id, origin }: Setting<EngineIdOf<Factories>>,
    over: ConfigObject,
  ): Promise<EngineChoice<Factories>> => {
    const parts =
      id === "opencode"
        ? [workingDirectory === undefined ? {} : { workingDirectory }]
        : await Promise.all(read.map((file) => configFor(id, file, env)));
    const config = [...parts, over].reduce((all, part) => mergeConfiguration(all, part), {});
    return {
      id,
      origin,
      config,
      create: () => createFrom(engines.factories, id, [config]),
      async fallback() {
        const named = written("fallbackEngine", read);
        if (named === undefined || named.value === id) return undefined;
        return choiceOf(known(engines, named), {});
      },
    };
  };
  return choiceOf(known(engines, firstSaid(engines.ids[0], options.engine, env, read)), own);
}

interface ReadFile extends OwnFile {
  readonly parsed: ParsedConfiguration;
}

async function readFile(file: OwnFile): Promise<ReadFile | undefined> {
  const text = await textOfOwnFile(file);
  return text === undefined ? undefined : { ...file, parsed: parseOwnFile(text, file.path) };
}

function firstSaid(
  first: string | undefined,
  option: string | undefined,
  env: Environment,
  files: readonly ReadFile[],
): Setting<unknown> {
  if (option !== undefined) return { value: option, origin: { kind: "option", name: "engine" } };
  const variable = "QUANTUMREEF_ENGINE";
  // An empty variable is how people unset one in a shell.
  if (env[variable]) return { value: env[variable], origin: { kind: "variable", name: variable } };
  return written("engine", files) ?? { value: first, origin: { kind: "default" } };
}

/** What the files have at that key, the workspace's before the person's. */
function written(key: string, files: readonly ReadFile[]): Setting<unknown> | undefined {
  const file = files.findLast(({ parsed }) => Object.hasOwn(parsed.config, key));
  if (file === undefined) return undefined;
  const { kind, path, parsed } = file;
  return { value: parsed.config[key], origin: { kind, path, line: parsed.lineOf([key]), key } };
}

function known<Factories extends EngineFactories>(
  engines: Engines<Factories>,
  { value, origin }: Setting<unknown>,
): Setting<EngineIdOf<Factories>> {
  if (typeof value === "string" && engines.has(value)) return { value, origin };
  const shown = value === undefined ? "nobody's choice" : JSON.stringify(value);
  const message = `The ${printOrigin(origin)} is ${shown}, and that is no engine of this program: ${knownEngines(engines.ids)}.`;
  throw new EngineError("CONFIG_INVALID", message);
}

async function configFor(id: string, { path, parsed }: ReadFile, env: Environment): Promise<ConfigObject> {
  const written = enginePart(parsed, path, id);
  if (written === undefined) return {};
  const { config } = withoutForbiddenKeys(written);
  const from = { env, home: homeOf(env), directory: dirname(path), name: path };
  return (await expandPlaceholders(config, from)).config;
}
