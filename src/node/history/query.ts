import type { DatabaseSync, SQLInputValue } from "node:sqlite";

/** The columns of a row, in the order in which they were selected. */
export type Values = readonly unknown[];

export type Query = (...parameters: readonly SQLInputValue[]) => readonly Values[];

/** A query whose rows are lists: objects with names cost a quarter more, and rows come by the thousand. */
export function prepareQuery(db: DatabaseSync, sql: string): Query {
  const statement = db.prepare(sql);
  // Releases before 22.16 have no such mode.
  if ("setReturnArrays" in statement) statement.setReturnArrays(true);
  return (...parameters) => {
    const rows: readonly object[] = statement.all(...parameters);
    return areLists(rows) ? rows : rows.map((row) => Object.values(row));
  };
}

/** All are what the first is. */
function areLists(rows: readonly object[]): rows is readonly Values[] {
  return Array.isArray(rows[0] ?? []);
}
