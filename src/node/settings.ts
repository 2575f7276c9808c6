import { EngineError } from "../engine/errors.ts";

/** What is asked for in code; it wins over the environment. */
export interface OpenCodeSettingsInput {
  /** Where the server listens. Default: `QUANTUMREEF_OPENCODE_HOST`, else `127.0.0.1`. */
  readonly host?: string | undefined;
  /** 0 to 65535; 0 starts a server on a free port. Default: `QUANTUMREEF_OPENCODE_PORT`, else 4096. */
  readonly port?: number | undefined;
  /** Start a server when none answers. Default: `QUANTUMREEF_OPENCODE_AUTOSTART`, else true. */
  readonly autoStart?: boolean | undefined;
  /**
   * `provider/model` or a bare name, for new sessions; the engine must have it. Default: `OPENCODE_MODEL`, else
   * `claude-opus-4-5` where the engine has it, else the engine's own.
   */
  readonly model?: string | undefined;
}

export interface OpenCodeSettings {
  readonly host: string;
  readonly port: number;
  readonly autoStart: boolean;
  /** `required`: somebody named it, so it must exist. */
  readonly model: { readonly name: string; readonly required: boolean };
}

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Options win over variables, variables over defaults.
 * @throws EngineError `CONFIG_INVALID` naming the setting, the value and what is allowed
 */
export function resolveSettings(input: OpenCodeSettingsInput, env: Environment): OpenCodeSettings {
  const model = input.model ?? nonEmpty(env.OPENCODE_MODEL);
  return {
    host: pick("host", input.host, "QUANTUMREEF_OPENCODE_HOST", env, parseHost) ?? "127.0.0.1",
    port: pick("port", input.port, "QUANTUMREEF_OPENCODE_PORT", env, parsePort) ?? 4096,
    autoStart: pick("autoStart", input.autoStart, "QUANTUMREEF_OPENCODE_AUTOSTART", env, parseSwitch) ?? true,
    model: { name: model ?? "claude-opus-4-5", required: model !== undefined },
  };
}

/** The address of a server on a host and port; an IPv6 host gets its brackets. */
export function urlOf(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

interface Parser<T> {
  (text: string): T | undefined;
  readonly allowed: string;
}

function pick<T>(
  option: string,
  given: T | undefined,
  variable: string,
  env: Environment,
  parse: Parser<T>,
): T | undefined {
  const [name, text] = given === undefined ? [variable, nonEmpty(env[variable])] : [option, String(given)];
  if (text === undefined) return undefined;
  const value = parse(text);
  if (value !== undefined) return value;
  throw new EngineError(
    "CONFIG_INVALID",
    `${given === undefined ? "The variable" : "The option"} ${name} is ${JSON.stringify(text)}; allowed: ${parse.allowed}.`,
    { engine: "opencode" },
  );
}

const parsePort: Parser<number> = Object.assign(
  (text: string) => (/^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined),
  { allowed: "a whole number from 0 to 65535 (0 takes a free port)" },
);

const parseHost: Parser<string> = Object.assign(
  (text: string) => (URL.canParse(urlOf(text, 1)) && !/[/@?#\s]/.test(text) ? text : undefined),
  { allowed: "a host name or an IP address, without a scheme or a port" },
);

const parseSwitch: Parser<boolean> = Object.assign(
  (text: string) => {
    const word = text.toLowerCase();
    if (["true", "1", "yes", "on"].includes(word)) return true;
    return ["false", "0", "no", "off"].includes(word) ? false : undefined;
  },
  { allowed: "true, 1, yes, on, false, 0, no, off" },
);

// An empty variable is how people unset one in a shell.
function nonEmpty(text: string | undefined): string | undefined {
  return text === undefined || text === "" ? undefined : text;
}
