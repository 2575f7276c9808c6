import { LOOPBACK_HOSTS } from "../server/hosts.ts";
import type { ServeV1Options } from "../server/serve.ts";
import { WrongUse } from "./command.ts";
import { readPort } from "./read-options.ts";

/** The password of what is served. Never on the command line: every program of the machine can read that. */
export const PASSWORD_VARIABLE = "QUANTUMREEF_SERVER_PASSWORD";

/** The options of every command that serves. */
export const serverOptionTable = {
  port: { type: "string" },
  hostname: { type: "string" },
  "allow-host": { type: "string", multiple: true },
  "allow-origin": { type: "string", multiple: true },
  password: { type: "string" },
} as const;

/** The same in words, but for the port: its default differs. */
export const serverOptionHelp = `  --hostname <name>    where to listen; anything but 127.0.0.1, the default, needs a password
  --allow-origin <o>   a web page's origin that may use it, such as http://localhost:3000; may be repeated
  --allow-host <name>  a name, besides those of the loopback, under which it answers; may be repeated
  -h, --help           this text

The variable ${PASSWORD_VARIABLE} makes it want a password: as "Authorization: Bearer <password>",
or by HTTP Basic with any user name.
`;

export interface ServerValues {
  readonly port?: string | undefined;
  readonly hostname?: string | undefined;
  readonly "allow-host"?: readonly string[] | undefined;
  readonly "allow-origin"?: readonly string[] | undefined;
  readonly password?: string | undefined;
}

/**
 * What the options and the variable say. The variable is taken out of the environment: what is started here, an engine
 * and the tools that a model runs, must not read it there.
 *
 * @throws WrongUse for options that make no sense
 */
export function readServerOptions(
  values: ServerValues,
  defaultPort: number,
  env: NodeJS.ProcessEnv = process.env,
): ServeV1Options {
  if (values.password !== undefined) {
    const message = `A password on the command line can be read by every program here: put it into the variable ${PASSWORD_VARIABLE}.`;
    throw new WrongUse(message);
  }
  const { "allow-host": names } = values;
  const { [PASSWORD_VARIABLE]: password } = env;
  delete env[PASSWORD_VARIABLE];
  return {
    port: readPort(values.port) ?? defaultPort,
    hostname: values.hostname,
    password,
    allowedHosts: names === undefined ? undefined : [...LOOPBACK_HOSTS, ...names],
    allowedOrigins: values["allow-origin"],
  };
}
