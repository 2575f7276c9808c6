/**
 * For Node: finds or starts OpenCode on this machine.
 * @module
 */
export {
  type CreateOpenCodeOptions,
  createOpenCode,
  type OpenCode,
  type OpenCodeProcess,
} from "./node/create-open-code.ts";
export type { OpenCodeSettingsInput } from "./node/settings.ts";
