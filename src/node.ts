/**
 * For Node: finds or starts OpenCode on this machine, and reads what it has stored.
 * @module
 */

export type { Todo } from "./engine/todo.ts";
export type { ConfigObject, KeyPath } from "./node/configuration/config-object.ts";
export type { Configuration, ConfigurationProblem } from "./node/configuration/configuration.ts";
export { correctConfigurationText } from "./node/configuration/published-form.ts";
export { type ReadConfigurationOptions, readConfiguration } from "./node/configuration/read-configuration.ts";
export {
  type SaveWorkspaceOptions,
  saveWorkspaceConfiguration,
} from "./node/configuration/save-workspace-configuration.ts";
export type {
  ConfigurationFile,
  ConfigurationKind,
  ConfigurationOrigin,
} from "./node/configuration/source.ts";
export { type CreateOpenCodeOptions, createOpenCode, type OpenCode } from "./node/create-open-code.ts";
export { examineMachine } from "./node/doctor/examine.ts";
export { formatReport } from "./node/doctor/format-report.ts";
export type {
  BinaryFinding,
  DatabaseFinding,
  DoctorReport,
  Fault,
  ProviderFinding,
  ServerFinding,
} from "./node/doctor/report.ts";
export {
  type ChooseEngineOptions,
  chooseEngine,
  type EngineChoice,
  type EngineOf,
} from "./node/engines/choose-engine.ts";
export { type OpenEngineOptions, openEngine } from "./node/engines/open-engine.ts";
export { type ExitSignal, exitSignal } from "./node/exit-signal.ts";
export type { History, OpenHistoryOptions } from "./node/history/history.ts";
export { openHistory } from "./node/history/open-history.ts";
export type { HistoryLayout } from "./node/history/reader.ts";
export type { StoredFile, StoredFileVersion } from "./node/history/stored-files.ts";
export type { Environment } from "./node/places.ts";
export type { EngineMode } from "./node/process/engine-handle.ts";
export type { OpenCodeProcess } from "./node/process/open-code-process.ts";
export {
  type ExplainSettingsOptions,
  explainSettings,
  formatSettings,
  type SettingsReport,
} from "./node/settings/explain-settings.ts";
export type { OpenCodeSettingsInput, SettingsExplanation } from "./node/settings/resolve-settings.ts";
export { printOrigin, type Setting, type SettingOrigin } from "./node/settings/setting.ts";
export type { StorageOptions } from "./node/storage/with-storage.ts";
