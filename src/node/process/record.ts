import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { ServerRecord } from "./schema.ts";
import { recordName } from "./state-folder.ts";

/** The file of the record of the server at this address. */
export function recordFile(folder: string, url: string): string {
  const { hostname, port } = new URL(url);
  return join(folder, `${recordName(hostname.replace(/^\[(.*)\]$/, "$1"), Number(port || 80))}.json`);
}

/** Only its user may read it, at every moment; and nobody ever reads half of it. */
export async function writeRecord(file: string, record: ServerRecord): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const draft = `${file}.${randomUUID()}`;
  try {
    await writeFile(draft, `${JSON.stringify(record, undefined, 2)}\n`, { mode: 0o600, flag: "wx" });
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Removes the record of this keeper's server, not that of one which came after it. */
export async function removeRecord(file: string, keeperPid: number): Promise<void> {
  const text = await readFile(file, "utf8").catch(() => "{}");
  try {
    if (JSON.parse(text).keeperPid === keeperPid) await rm(file, { force: true });
  } catch {
    // Not ours: nobody's.
  }
}
