import { EngineError } from "../../engine/errors.ts";
import type { Http } from "../../http.ts";
import { modelName } from "./decode.ts";
import { providersSchema } from "./schema.ts";

export interface ModelRef {
  readonly providerID: string;
  readonly modelID: string;
}

/** The models that the engine can use in a directory. From the small route: `/provider` is 6 MB. */
export async function listModels(
  http: Http,
  directory: string | undefined,
  signal: AbortSignal | undefined,
): Promise<readonly ModelRef[]> {
  const { value } = await http.json("GET", "/config/providers", providersSchema, {
    query: { directory },
    signal,
  });
  return value.providers.flatMap(({ id, models }) =>
    Object.keys(models).map((modelID) => ({ providerID: id, modelID })),
  );
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
