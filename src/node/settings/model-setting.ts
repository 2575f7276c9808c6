import type { Configuration } from "../configuration/configuration.ts";
import type { Environment } from "../places.ts";
import { choose } from "./choose.ts";
import { parseText } from "./parsers.ts";
import type { Setting } from "./setting.ts";

/** The model of new sessions, and how much it is meant. */
export interface ModelSetting {
  readonly name: string;
  /**
   * - `required`: somebody named it for this client, so it must exist.
   * - `preferred`: the workspace or the person's own file names it; an engine that was started elsewhere need not have it.
   * - `engine`: OpenCode's own files name it, so that the engine takes it by itself.
   * - `fallback`: nobody named it; used where the engine has it and knows no other.
   */
  readonly use: "required" | "preferred" | "engine" | "fallback";
}

const FALLBACK = "claude-opus-4-5";

export function resolveModel(
  option: string | undefined,
  env: Environment,
  configuration: Configuration | undefined,
): Setting<ModelSetting> {
  const places = { variable: "OPENCODE_MODEL", key: ["model"], parse: parseText, fallback: undefined };
  const chosen = choose({ ...places, option: ["model", option] }, env, configuration);
  const { value, origin } = chosen;
  if (value === undefined) return { value: { name: FALLBACK, use: "fallback" }, origin };
  return { value: { name: value, use: useOf(origin) }, origin };
}

function useOf(origin: Setting<unknown>["origin"]): ModelSetting["use"] {
  if (origin.kind === "global file") return "engine";
  const isInFile = origin.kind === "workspace file" || origin.kind === "user file";
  const isOwn = isInFile || (origin.kind === "option" && origin.name !== "model");
  if (isOwn) return "preferred";
  return origin.kind === "variable" && origin.key !== undefined ? "engine" : "required";
}

/** As the driver takes it. */
export function modelOptions({ name, use }: ModelSetting): {
  readonly model: string | undefined;
  readonly preferredModel: string | undefined;
  readonly fallbackModel: string | undefined;
} {
  return {
    model: use === "required" ? name : undefined,
    preferredModel: use === "preferred" ? name : undefined,
    fallbackModel: use === "fallback" ? name : undefined,
  };
}
