import type { Rule } from "./rule.ts";
import { abortRules } from "./rules/aborts.ts";
import { endingRules } from "./rules/ending.ts";
import { errorRules } from "./rules/errors.ts";
import { eventRules } from "./rules/events.ts";
import { permissionRules } from "./rules/permissions.ts";
import { promptRules } from "./rules/prompts.ts";
import { sessionRules } from "./rules/sessions.ts";
import { toolRules } from "./rules/tools.ts";
import { wireRules } from "./rules/wire.ts";

/** All rules, by their numbers. */
export const rules: readonly Rule[] = [
  ...sessionRules,
  ...promptRules,
  ...toolRules,
  ...permissionRules,
  ...abortRules,
  ...wireRules,
  ...eventRules,
  ...errorRules,
  ...endingRules,
];
