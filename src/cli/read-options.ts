import { type ParseArgsOptionsConfig, parseArgs } from "node:util";
import { reasonOf } from "../engine/errors.ts";
import { WrongUse } from "./command.ts";

/** @throws WrongUse for an option that is not in the table, and for what is no option */
export function readOptions<const Options extends ParseArgsOptionsConfig>(
  args: readonly string[],
  options: Options,
) {
  try {
    return parseArgs({ args: [...args], options, allowPositionals: false }).values;
  } catch (error) {
    throw new WrongUse(reasonOf(error));
  }
}

/** @throws WrongUse */
export function readPort(given: string | undefined): number | undefined {
  if (given === undefined) return undefined;
  if (/^\d{1,5}$/.test(given) && Number(given) <= 65_535) return Number(given);
  throw new WrongUse(`--port is ${JSON.stringify(given)}; a whole number from 0 to 65535 is wanted.`);
}
