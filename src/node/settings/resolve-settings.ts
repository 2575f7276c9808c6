import { homedir } from "node:os";
import type { Configuration } from "../configuration/configuration.ts";
import { configInvalid } from "../configuration/parse.ts";
import type { Environment } from "../places.ts";
import { isOnThisMachine } from "../storage/is-on-this-machine.ts";
import { choose, type Places } from "./choose.ts";
import { type ModelSetting, resolveModel } from "./model-setting.ts";
import * as parsers from "./parsers.ts";
import { printOrigin, type Setting } from "./setting.ts";

/** What is asked for in code; it wins over the environment. */
export interface OpenCodeSettingsInput {
  /** Where the server listens. Default: `QUANTUMREEF_OPENCODE_HOST`, else `server.hostname` of OpenCode's configuration, else `127.0.0.1`. */
  readonly host?: string | undefined;
  /**
   * 0 to 65535; 0 starts a server on a free port. Default: `QUANTUMREEF_OPENCODE_PORT`, else `server.port` of OpenCode's
   * configuration, else 4096.
   */
  readonly port?: number | undefined;
  /** Start a server when none answers. Default: `QUANTUMREEF_OPENCODE_AUTOSTART`, else true. */
  readonly autoStart?: boolean | undefined;
  /**
   * `provider/model` or a bare name, for new sessions; the engine must have it. Default: `OPENCODE_MODEL`, else the
   * `model` of OpenCode's configuration, else `claude-opus-4-5` where the engine has it, else the engine's own.
   */
  readonly model?: string | undefined;
  /** Of the server; `false` is none. Default: `OPENCODE_SERVER_PASSWORD`. */
  readonly password?: string | false | undefined;
  /** Default: `OPENCODE_SERVER_USERNAME`, else `opencode`. */
  readonly username?: string | undefined;
  /** Where sessions are created unless they say otherwise. Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
  /** Where a started server runs. Default: the home directory. */
  readonly serverDirectory?: string | undefined;
  /** The program to start. Default: `OPENCODE_BIN`, else the nearest installed `opencode`, else that of `PATH`. */
  readonly binary?: string | undefined;
  /** Milliseconds until a started server must listen. Default: 30000. */
  readonly startTimeout?: number | undefined;
  /** Start a server again that died. Default: `"on-crash"`. */
  readonly restart?: "on-crash" | false | undefined;
  /** Origins from which browsers may call a started server. Default: `server.cors` of OpenCode's configuration, else none besides its own. */
  readonly cors?: readonly string[] | undefined;
  /** How much a started server logs. Default: `logLevel` of OpenCode's configuration, else the engine's own. */
  readonly logLevel?: parsers.LogLevel | undefined;
  /**
   * What other processes do with the engine's sessions (`opencode run` in a terminal, say) is read from its database and
   * told live, marked `origin: "storage"`. Milliseconds between two looks, or `false` for never. Default: true, 100 ms.
   */
  readonly followStorage?: boolean | number | undefined;
  /**
   * While the engine is not there its stored sessions and messages are read instead, marked `source: "history"`.
   * Default: true.
   */
  readonly history?: boolean | undefined;
}

/** Every setting with where it comes from. Nothing in it is secret: it can be logged. */
export interface SettingsExplanation {
  readonly host: Setting<string>;
  readonly port: Setting<number>;
  readonly autoStart: Setting<boolean>;
  /** `undefined`: the engine's own. */
  readonly model: Setting<string | undefined>;
  /** Whether there is one; `random`: the started server got one that nobody chose; `off`: there shall be none. */
  readonly password: Setting<"set" | "unset" | "random" | "off">;
  readonly username: Setting<string>;
  readonly workingDirectory: Setting<string>;
  readonly serverDirectory: Setting<string>;
  /** `undefined`: whichever is found. */
  readonly binary: Setting<string | undefined>;
  readonly startTimeout: Setting<number>;
  readonly restart: Setting<"on-crash" | false>;
  readonly cors: Setting<readonly string[]>;
  /** `undefined`: the engine's own. */
  readonly logLevel: Setting<parsers.LogLevel | undefined>;
  readonly followStorage: Setting<boolean | number>;
  readonly history: Setting<boolean>;
}

type Values = { readonly [Name in keyof SettingsExplanation]: SettingsExplanation[Name]["value"] };

/** The values alone, with the password: for the use of this package. */
export interface OpenCodeSettings extends Omit<Values, "model" | "password"> {
  readonly model: ModelSetting;
  /** `undefined`: nobody said. */
  readonly password: string | false | undefined;
}

/**
 * Options win over variables, variables over the workspace's file, that over the person's own, that over
 * OpenCode's own files, and those over defaults.
 * @throws EngineError `CONFIG_INVALID` naming the setting, the value and what is allowed
 */
export function resolveSettings(
  input: OpenCodeSettingsInput,
  env: Environment,
  configuration?: Configuration,
): { readonly settings: OpenCodeSettings; readonly explanation: SettingsExplanation } {
  const pick = <T, Fallback>(
    name: keyof OpenCodeSettingsInput,
    places: Omit<Places<T, Fallback>, "option">,
  ): Setting<T | Fallback> => choose({ ...places, option: [name, input[name]] }, env, configuration);
  const { parseText, parseSwitch } = parsers;

  const password = pick("password", {
    variable: "OPENCODE_SERVER_PASSWORD",
    parse: parsers.parsePassword,
    fallback: undefined,
    secret: true,
  });
  const model = resolveModel(input.model, env, configuration);
  const explanation: Omit<SettingsExplanation, "model" | "password"> = {
    host: pick("host", {
      variable: "QUANTUMREEF_OPENCODE_HOST",
      key: ["server", "hostname"],
      parse: parsers.parseHost,
      fallback: "127.0.0.1",
    }),
    port: pick("port", {
      variable: "QUANTUMREEF_OPENCODE_PORT",
      key: ["server", "port"],
      parse: parsers.parsePort,
      fallback: 4096,
    }),
    autoStart: pick("autoStart", {
      variable: "QUANTUMREEF_OPENCODE_AUTOSTART",
      parse: parseSwitch,
      fallback: true,
    }),
    username: pick("username", {
      variable: "OPENCODE_SERVER_USERNAME",
      parse: parseText,
      fallback: "opencode",
    }),
    workingDirectory: pick("workingDirectory", { parse: parseText, fallback: process.cwd() }),
    serverDirectory: pick("serverDirectory", { parse: parseText, fallback: homedir() }),
    binary: pick("binary", { variable: "OPENCODE_BIN", parse: parseText, fallback: undefined }),
    startTimeout: pick("startTimeout", { parse: parsers.parseMilliseconds, fallback: 30_000 }),
    restart: pick("restart", { parse: parsers.parseRestart, fallback: "on-crash" as const }),
    cors: pick("cors", { key: ["server", "cors"], parse: parsers.parseOrigins, fallback: [] }),
    logLevel: pick("logLevel", { key: ["logLevel"], parse: parsers.parseLogLevel, fallback: undefined }),
    followStorage: pick("followStorage", { parse: parsers.parseLooks, fallback: true }),
    history: pick("history", { parse: parseSwitch, fallback: true }),
  };
  const { host, port, autoStart, ...others } = explanation;
  refuseForeignHost(host);
  return {
    settings: { ...valuesOf(explanation), model: model.value, password: password.value },
    explanation: {
      host,
      port,
      autoStart,
      model: { value: model.value.name, origin: model.origin },
      password: { value: shownPassword(password.value), origin: password.origin },
      ...others,
    },
  };
}

/** A folder that was downloaded must not decide to whom the password, and what people write, is sent. */
function refuseForeignHost({ value, origin }: Setting<string>): void {
  if (origin.kind !== "workspace file" || isOnThisMachine(value)) return;
  throw configInvalid(
    `The ${printOrigin(origin)} is ${JSON.stringify(value)}, another machine: passwords and prompts would be sent there. Say it in the option host, in QUANTUMREEF_OPENCODE_HOST or in OpenCode's own files.`,
  );
}

function shownPassword(password: string | false | undefined): "set" | "unset" | "off" {
  if (password === undefined) return "unset";
  return password === false ? "off" : "set";
}

function valuesOf(
  explanation: Omit<SettingsExplanation, "model" | "password">,
): Omit<Values, "model" | "password"> {
  const { host, port, autoStart, username, workingDirectory, serverDirectory, binary } = explanation;
  const { startTimeout, restart, cors, logLevel, followStorage, history } = explanation;
  return {
    host: host.value,
    port: port.value,
    autoStart: autoStart.value,
    username: username.value,
    workingDirectory: workingDirectory.value,
    serverDirectory: serverDirectory.value,
    binary: binary.value,
    startTimeout: startTimeout.value,
    restart: restart.value,
    cors: cors.value,
    logLevel: logLevel.value,
    followStorage: followStorage.value,
    history: history.value,
  };
}
