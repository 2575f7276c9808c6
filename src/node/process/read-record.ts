import { readFile } from "node:fs/promises";
import { recordSchema, type ServerRecord } from "./schema.ts";

/** `undefined`: there is none, or none that can be understood. Whether its server lives, it does not say. */
export async function readRecord(file: string): Promise<ServerRecord | undefined> {
  try {
    return recordSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    return undefined;
  }
}
