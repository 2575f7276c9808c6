import { DatabaseSync, StatementSync } from "node:sqlite";
import { expect, it, onTestFinished } from "vitest";
import { prepareQuery } from "../../../src/node/history/query.ts";

function useDatabase() {
  const db = new DatabaseSync(":memory:");
  onTestFinished(() => db.close());
  return db;
}

const rows = "SELECT column1 AS a, column2 AS b FROM (VALUES (1, 'x'), (?, 'y'))";
const expected = [
  [1, "x"],
  [2, "y"],
];

it("gives rows as lists", () => {
  const db = useDatabase();
  expect(prepareQuery(db, rows)(2)).toEqual(expected);
  expect(prepareQuery(db, "SELECT 1 WHERE 0")()).toEqual([]);
});

it("gives them also where Node has no such mode", () => {
  const mode = Object.getOwnPropertyDescriptor(StatementSync.prototype, "setReturnArrays");
  Reflect.deleteProperty(StatementSync.prototype, "setReturnArrays");
  onTestFinished(() => {
    if (mode !== undefined) Object.defineProperty(StatementSync.prototype, "setReturnArrays", mode);
  });
  const db = useDatabase();
  expect("setReturnArrays" in db.prepare(rows)).toBe(false);
  expect(prepareQuery(db, rows)(2)).toEqual(expected);
});
