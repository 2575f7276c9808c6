import { EngineError } from "../../engine/errors.ts";
import { findDatabase } from "../history/find-database.ts";
import { openHistory } from "../history/open-history.ts";
import type { Environment } from "../places.ts";
import type { DatabaseFinding } from "./report.ts";

/** Opens what OpenCode has stored, for reading only, and closes it. */
export async function examineDatabase(env: Environment): Promise<DatabaseFinding> {
  let path: string;
  try {
    path = findDatabase(undefined, env);
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    return { status: "missing", error: error.toJSON() };
  }
  try {
    const history = await openHistory({ path, env });
    const { layout, isCopy } = history;
    await history.close();
    return { status: "readable", path, layout, isCopy };
  } catch (error) {
    if (!EngineError.is(error)) throw error;
    return { status: "unreadable", path, error: error.toJSON() };
  }
}
