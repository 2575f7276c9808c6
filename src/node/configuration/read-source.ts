import type { Diagnostic } from "../../engine/diagnostics.ts";
import { EngineError } from "../../engine/errors.ts";
import { type ConfigObject, type KeyPath, printKeyPath } from "./config-object.ts";
import { substituteAsEngine } from "./engine-text.ts";
import { withoutForbiddenKeys } from "./merge.ts";
import { configInvalid, parseConfiguration } from "./parse.ts";
import { expandPlaceholders, type PlaceholderSource } from "./placeholders.ts";
import { resolvePlugins } from "./plugins.ts";
import { findStoppers, printCorrection } from "./published-form.ts";
import type { ConfigurationOrigin, ConfigurationSource } from "./source.ts";
import { translateAddress, translateConfiguration, writtenPath } from "./translate.ts";
import { isMcpOfEngine } from "./translate-mcp.ts";

/** What a source gave: itself, as far as it could be read, and what is wrong with it. */
export interface SourceReading {
  readonly source?: ConfigurationSource | undefined;
  readonly error?: EngineError | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads what OpenCode reads itself, by its rules. */
export async function readEngineText(
  text: string,
  origin: ConfigurationOrigin,
  from: PlaceholderSource,
): Promise<SourceReading> {
  const { text: substituted, secrets } = await substituteAsEngine(text, from);
  // The corrected text shows what is written, not what comes out of it. It need not be JSON before that.
  const written = substituted === text ? undefined : readable(text, from.name);
  const parsed = parseConfiguration(substituted, from.name);
  const { config, dropped } = withoutForbiddenKeys(parsed.config);
  const stoppers = findStoppers(written ?? parsed.config);
  const translation = translateConfiguration(config);
  const [stopper] = stoppers;
  // What all projects have stops it; of the rest it complains in every answer.
  const outcome =
    origin.name === undefined
      ? "with which OpenCode does not start"
      : "for which OpenCode answers every request with an error";
  const told = [
    ...dropped.map((path) => droppedKey(from.name, path)),
    ...shellPlaceholders(config, from.name),
  ];
  const error =
    stopper &&
    configInvalid(
      `${from.name}:${parsed.lineOf(stopper.path)} has ${printKeyPath(stopper.path)} in a form ${outcome}: ${stopper.problem}. ${
        stopper.corrected === undefined ? "Correct or remove it." : `Write:\n${printCorrection(stopper)}`
      }`,
    );
  const ignored = Object.keys(translation.ignored).length > 0;
  return {
    source: {
      origin,
      config:
        origin.path === undefined ? translation.config : resolvePlugins(translation.config, from.directory),
      ignored: translation.ignored,
      readByEngine: true,
      secrets,
      lineOf: parsed.lineOf,
    },
    error,
    diagnostics: ignored ? [...told, publishedForm(from.name)] : told,
  };
}

/** Reads what we hand over: with our placeholders, and checked as far as it can stop an engine. */
export async function readOwnConfig(
  written: ConfigObject,
  origin: ConfigurationOrigin,
  from: PlaceholderSource,
  lineOf?: (path: KeyPath) => number,
): Promise<SourceReading> {
  const { config: clean, dropped } = withoutForbiddenKeys(written);
  const diagnostics = dropped.map((path) => droppedKey(from.name, path));
  const translation = translateConfiguration(translateAddress(clean));
  const source = {
    origin,
    config: translation.config,
    ignored: {},
    readByEngine: false,
    secrets: [],
    ...(lineOf && { lineOf: (path: KeyPath) => lineOf(writtenPath(path, clean)) }),
  };
  const [problem] = translation.problems;
  if (problem !== undefined) {
    const place = `${from.name}${lineOf ? `:${lineOf(problem.path)}` : ""}`;
    const error = configInvalid(
      `${place} has ${printKeyPath(problem.path)} in a form that can't be used: ${problem.problem}. Correct or remove it.`,
    );
    return { source, error, diagnostics };
  }
  try {
    const { config, secrets } = await expandPlaceholders(translation.config, from);
    return { source: { ...source, config: resolvePlugins(config, from.directory), secrets }, diagnostics };
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    // As written: who only attaches to a server does not need what is missing.
    return { source, error, diagnostics };
  }
}

function readable(text: string, name: string): ConfigObject | undefined {
  try {
    return parseConfiguration(text, name).config;
  } catch {
    return undefined;
  }
}

function droppedKey(name: string, path: KeyPath): Diagnostic {
  return {
    level: "warning",
    code: "configuration_key_dropped",
    message: `${name} has the key ${printKeyPath(path)}, which is never merged.`,
  };
}

function publishedForm(name: string): Diagnostic {
  return {
    level: "info",
    code: "configuration_published_form",
    message: `${name} has keys that OpenCode does not read in that form (providers, or an apiKey outside of options, or an MCP server's env). A server that this client starts is given them; others ignore them.`,
  };
}

function* shellPlaceholders(config: ConfigObject, name: string): Iterable<Diagnostic> {
  for (const [path, text] of textsOf(config, [])) {
    const [placeholder, variable] = /(?<!\$)\$\{([A-Za-z_]\w*)(?::-[^}]*)?\}/.exec(text) ?? [];
    // A shell of its own is what a command is for.
    if (placeholder === undefined || path.includes("command")) continue;
    const message = `${name} has ${placeholder} in ${printKeyPath(path)}, which OpenCode takes as it stands: it only knows {env:${variable}}.`;
    yield { level: "warning", code: "configuration_placeholder", message };
  }
}

function* textsOf(value: unknown, path: KeyPath): Iterable<readonly [KeyPath, string]> {
  if (typeof value === "string") yield [path, value];
  else if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) yield* textsOf(item, [...path, index]);
  } else if (typeof value === "object" && value !== null) {
    for (const [key, item] of Object.entries(value)) yield* textsOf(item, [...path, key]);
  }
}

/** MCP servers of a configuration that no engine could read. */
export function brokenServers(config: ConfigObject): readonly string[] {
  const { mcp } = config;
  if (typeof mcp !== "object" || mcp === null) return [];
  return Object.entries(mcp).flatMap(([name, entry]) => (isMcpOfEngine(entry) ? [] : [name]));
}
