import { EngineError } from "../../engine/errors.ts";
import { modelName } from "./decode.ts";

export interface ModelRef {
  readonly providerID: string;
  readonly modelID: string;
}

/**
 * Finds `provider/model`, or a model's bare name (of the first provider that has it), among those that the engine
 * can use.
 * @throws EngineError `INVALID_REQUEST` naming those that exist
 */
export function resolveModel(name: string, models: readonly ModelRef[]): ModelRef {
  const found = findModel(name, models);
  if (found !== undefined) return found;
  const names = models.map((model) => modelName(model.providerID, model.modelID));
  const shown = names.slice(0, 12).join(", ");
  const more = names.length > 12 ? ` and ${names.length - 12} more` : "";
  const exist =
    names.length === 0 ? "the engine has none (is a provider configured?)" : `there are ${shown}${more}`;
  throw new EngineError("INVALID_REQUEST", `There is no model ${JSON.stringify(name)}: ${exist}.`, {
    engine: "opencode",
  });
}

export function findModel(name: string, models: readonly ModelRef[]): ModelRef | undefined {
  return (
    models.find(({ providerID, modelID }) => modelName(providerID, modelID) === name) ??
    models.find(({ modelID }) => modelID === name)
  );
}
