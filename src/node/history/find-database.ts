import { statSync } from "node:fs";
import { join, resolve } from "node:path";
import { dataFolder, type Environment, homeOf, usualDataFolder } from "../places.ts";
import { unreadable } from "./unreadable.ts";

/**
 * The database file: the option and nothing else if it is given, else the first that exists of `OPENCODE_DB`, the data
 * folder, and the folders of earlier installations. Always absolute: SQLite takes a name like `file:x?immutable=1` as
 * more than a name.
 *
 * @throws EngineError `HISTORY_UNREADABLE` naming the files that were tried
 */
export function findDatabase(path: string | undefined, env: Environment): string {
  const tried = path ? [resolve(inFile(path, "The option path"))] : candidates(env);
  for (const candidate of tried) {
    const stats = statSync(candidate, { throwIfNoEntry: false });
    if (stats === undefined) continue;
    // A device or a pipe would be waited for without end.
    if (stats.isFile()) return candidate;
    if (path) throw unreadable(`${candidate} is no file. Name the database file itself.`);
  }
  const hint = path
    ? "Name an existing file, or leave the option out."
    : "Start OpenCode once, or name its database in the option path or in OPENCODE_DB.";
  throw unreadable(`There is no OpenCode database. Tried: ${tried.join(", ")}. ${hint}`);
}

function candidates(env: Environment): readonly string[] {
  const folder = dataFolder(env);
  const { OPENCODE_DB: named } = env;
  return [
    ...new Set([
      ...(named ? [resolve(folder, inFile(named, "OPENCODE_DB"))] : []),
      join(folder, "opencode.db"),
      join(usualDataFolder(env), "opencode", "opencode.db"),
      join(homeOf(env), ".opencode", "opencode.db"),
    ]),
  ];
}

function inFile(name: string, source: string): string {
  if (name !== ":memory:") return name;
  throw unreadable(
    `${source} is ":memory:": that engine keeps its history in its own memory, and no other process can read it.`,
  );
}
