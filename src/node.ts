/**
 * For Node: finds or starts OpenCode on this machine, and reads what it has stored.
 * @module
 */
export {
  type CreateOpenCodeOptions,
  createOpenCode,
  type OpenCode,
  type OpenCodeProcess,
} from "./node/create-open-code.ts";
export type { History, OpenHistoryOptions } from "./node/history/history.ts";
export { openHistory } from "./node/history/open-history.ts";
export type { HistoryLayout, Todo } from "./node/history/reader.ts";
export type { StoredFile, StoredFileVersion } from "./node/history/stored-files.ts";
export type { OpenCodeSettingsInput } from "./node/settings.ts";
