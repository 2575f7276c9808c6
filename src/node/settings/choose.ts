import { type KeyPath, printKeyPath, valueAt } from "../configuration/config-object.ts";
import type { Configuration } from "../configuration/configuration.ts";
import { configInvalid } from "../configuration/parse.ts";
import type { Environment } from "../places.ts";
import type { Parser } from "./parsers.ts";
import { printOrigin, type Setting, type SettingOrigin } from "./setting.ts";

/** Where a setting can be said. */
export interface Places<T, Fallback> {
  /** Its name as an option, and what was given. */
  readonly option?: readonly [name: string, value: unknown] | undefined;
  readonly variable?: string | undefined;
  /** In OpenCode's configuration. */
  readonly key?: KeyPath | undefined;
  readonly parse: Parser<T>;
  readonly fallback: Fallback;
  /** It is not shown in errors either. */
  readonly secret?: boolean | undefined;
}

/**
 * The first of option, option `config`, variable, workspace file, the person's own file, global file and default that says anything.
 * @throws EngineError `CONFIG_INVALID` naming the place, the value and what is allowed
 */
export function choose<T, Fallback>(
  { option, variable, key, parse, fallback, secret }: Places<T, Fallback>,
  env: Environment,
  configuration: Configuration | undefined,
): Setting<T | Fallback> {
  const candidates: (readonly [value: unknown, origin: SettingOrigin])[] = [];
  if (option?.[1] !== undefined) candidates.push([option[1], { kind: "option", name: option[0] }]);
  const configured = key && configuration && configuredValue(key, configuration);
  if (configured?.[1].kind === "option") candidates.push(configured);
  // An empty variable is how people unset one in a shell.
  if (variable && env[variable]) candidates.push([env[variable], { kind: "variable", name: variable }]);
  if (configured) candidates.push(configured);
  const [first] = candidates;
  if (first === undefined) return { value: fallback, origin: { kind: "default" } };
  const [given, origin] = first;
  const value = parse(given);
  if (value !== undefined) return { value, origin };
  const shown = secret ? "" : ` is ${print(given)};`;
  throw configInvalid(
    `The ${printOrigin(origin)}${shown || " is of the wrong kind;"} allowed: ${parse.allowed}.`,
  );
}

function configuredValue(key: KeyPath, configuration: Configuration): [unknown, SettingOrigin] | undefined {
  const value = valueAt(configuration.merged, key);
  const from = configuration.originOf(key);
  if (value === undefined || from === undefined) return undefined;
  const printed = printKeyPath(key);
  switch (from.kind) {
    case "option":
      return [value, { kind: "option", name: `config.${printed}` }];
    case "variable":
      return [value, { kind: "variable", name: from.name ?? "", key: printed }];
    case "workspace file":
    case "user file":
    case "global file": {
      const line = from.line === undefined ? {} : { line: from.line };
      return [value, { kind: from.kind, path: from.path ?? "", ...line, key: printed }];
    }
    default:
      return undefined;
  }
}

// JSON has no word for numbers that are none.
function print(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : JSON.stringify(String(value));
}
