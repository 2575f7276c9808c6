import { chmodSync, copyFileSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { onTestFinished } from "vitest";
import type { History, OpenHistoryOptions } from "../../../src/node/history/history.ts";
import { openHistory } from "../../../src/node/history/open-history.ts";
import { createFolder, removeFolder } from "../../support/throwaway.ts";

/** Five sessions of the real engine, 1.18.33. */
export const recorded = join(import.meta.dirname, "../../fixtures/opencode/opencode.db");

/** Ids in it. */
export const ids = {
  answers: "ses_df6fcb6e7ffenQEiLOeyfZ2Qgz",
  failed: "ses_df6fca996ffe7smBOXCGHy3v89",
  parent: "ses_df6fca8d1ffe3N6KW1PIpswI3Z",
  child: "ses_df6fca83dffe0eo8d3tmkMHxS3",
  aborted: "ses_df6fca5baffeP6jF7XE5Jtf6JF",
} as const;

export async function useFolder(): Promise<string> {
  const folder = await createFolder("history-test");
  onTestFinished(() => removeFolder(folder));
  return folder;
}

/** A copy of the recorded database that a test may change. */
export function putDatabase(...path: readonly string[]): string {
  const file = join(...path);
  mkdirSync(join(file, ".."), { recursive: true });
  copyFileSync(recorded, file);
  chmodSync(file, 0o644);
  return file;
}

/** Changes a database, as another process would. */
export function change(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  try {
    db.exec(sql);
  } finally {
    db.close();
  }
}

/** Closed at the end of the test. */
export async function open(options: OpenHistoryOptions): Promise<History> {
  const history = await openHistory(options);
  onTestFinished(() => history.close());
  return history;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<readonly T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
