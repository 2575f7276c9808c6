import type { DatabaseSync } from "node:sqlite";
import { unreadable } from "./unreadable.ts";

/** What is read of a table. Everything else in it is passed over. */
export interface TableUse {
  readonly table: string;
  readonly needed: readonly string[];
  /** Read where the release has them. */
  readonly optional?: readonly string[];
}

/** The columns of each table. */
export type Tables = ReadonlyMap<string, ReadonlySet<string>>;

export function readTables(db: DatabaseSync, names: readonly string[]): Tables {
  // Only those asked for: a table of an extension that is missing here can't be described.
  const columns = db.prepare("SELECT name FROM pragma_table_info(?)");
  const found = names.map(
    (table) => [table, new Set(columns.all(table).map(({ name }) => String(name)))] as const,
  );
  return new Map(found.filter(([, { size }]) => size > 0));
}

/** @throws EngineError `HISTORY_UNREADABLE` that names every table and column that is missing */
export function requireTables(path: string, tables: Tables, uses: readonly TableUse[]): void {
  const missing = uses.flatMap(({ table, needed }) => {
    const columns = tables.get(table);
    if (columns === undefined) return `the table ${table}`;
    return needed.filter((column) => !columns.has(column)).map((column) => `the column ${table}.${column}`);
  });
  if (missing.length === 0) return;
  throw unreadable(
    `${path} is no OpenCode database that this release can read: ${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} missing. It is of another program, or of an OpenCode that is too old or too new.`,
  );
}

/** The columns to select of a table. */
export function columnsOf(tables: Tables, { table, needed, optional = [] }: TableUse): string {
  const there = tables.get(table);
  return [...needed, ...optional.filter((column) => there?.has(column))].join(", ");
}
