import type { Diagnostic } from "../../engine/diagnostics.ts";
import type { EngineErrorInfo } from "../../engine/errors.ts";
import type { ConfigObject } from "../configuration/config-object.ts";
import { readConfiguration } from "../configuration/read-configuration.ts";
import type { ConfigurationFile } from "../configuration/source.ts";
import type { Environment } from "../places.ts";
import { type OpenCodeSettingsInput, resolveSettings, type SettingsExplanation } from "./resolve-settings.ts";
import { printOrigin } from "./setting.ts";

export interface ExplainSettingsOptions extends OpenCodeSettingsInput {
  /** Variables over those of this process. Default: none. */
  readonly env?: Environment | undefined;
  /** Merged over all configuration files. Default: nothing. */
  readonly config?: ConfigObject | undefined;
}

/** What `createOpenCode` would do with these options, and why. Plain data without secrets. */
export interface SettingsReport {
  readonly settings: SettingsExplanation;
  /** Configuration files that were looked for, in the order in which they are merged. */
  readonly files: readonly ConfigurationFile[];
  /** What is wrong with them. */
  readonly problems: readonly EngineErrorInfo[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Says what every setting is and where it comes from, for "why is it using that port?". Nothing is started.
 *
 * @example
 * ```ts
 * console.log(formatSettings(await explainSettings()));
 * ```
 * @throws EngineError `CONFIG_INVALID` for a setting that is not allowed
 */
export async function explainSettings(options: ExplainSettingsOptions = {}): Promise<SettingsReport> {
  const env = { ...process.env, ...options.env };
  const { workingDirectory, config } = options;
  const configuration = await readConfiguration({ env, workingDirectory, config });
  const { explanation } = resolveSettings(options, env, configuration);
  return {
    settings: explanation,
    files: configuration.files,
    problems: configuration.problems.map(({ error }) => error.toJSON()),
    diagnostics: configuration.diagnostics,
  };
}

/** A table for people: setting, value, origin; then the files, and what is wrong with them. */
export function formatSettings({ settings, files, problems, diagnostics }: SettingsReport): string {
  const rows = Object.entries(settings).map(([name, { value, origin }]) => [
    name,
    printValue(value),
    printOrigin(origin),
  ]);
  const fileRows = files.map(({ path, kind, status, namedBy }) => [status, path, namedBy ?? kind]);
  const told = [...problems, ...diagnostics].map(({ message }) => message);
  const parts = [table(rows), table(fileRows), ...(told.length === 0 ? [] : [told.join("\n")])];
  return parts.join("\n\n");
}

function printValue(value: unknown): string {
  if (value === undefined) return "(not set)";
  if (Array.isArray(value)) return value.length === 0 ? "(none)" : value.join(", ");
  return String(value);
}

function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}
