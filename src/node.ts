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
export type { Todo } from "./node/history/reader.ts";
export type { OpenCodeSettingsInput } from "./node/settings.ts";
export type { StorageOptions } from "./node/storage/with-storage.ts";
