import { EngineError } from "../../engine/errors.ts";
import type { Model } from "../../engine/model.ts";
import type { Http } from "../../http.ts";
import { keyAdvice } from "../provider-keys.ts";
import { modelName } from "./decode.ts";
import { configSchema, providersSchema, type WireConfig, type WireProviders } from "./schema.ts";

export interface ModelRef {
  readonly providerID: string;
  readonly modelID: string;
}

/** The models that the engine can use, which depends on the directory. */
export class NativeModels {
  readonly #http: Http;

  constructor(http: Http) {
    this.#http = http;
  }

  async list(directory: string | undefined, signal: AbortSignal | undefined): Promise<readonly Model[]> {
    const [providers, preferred] = await Promise.all([
      this.#providers(directory, signal),
      this.default(directory, signal),
    ]);
    const isDefault = ({ providerID, modelID }: ModelRef) =>
      preferred?.providerID === providerID && preferred.modelID === modelID;
    return refsOf(providers).map(({ name, contextLimit, ...ref }) => ({
      id: modelName(ref.providerID, ref.modelID),
      name,
      isDefault: isDefault(ref),
      ...(contextLimit ? { contextLimit } : {}),
    }));
  }

  /** The model of a prompt for which none is asked; `undefined` if the engine has none. */
  async default(
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ModelRef | undefined> {
    const call = { query: { directory }, signal };
    const [providers, { value: config }] = await Promise.all([
      this.#providers(directory, signal),
      this.#http.json("GET", "/config", configSchema, call),
    ]);
    return defaultModel(providers, config);
  }

  /** @throws EngineError `INVALID_REQUEST` naming those that exist */
  async resolve(name: string, directory: string | undefined, signal: AbortSignal | undefined) {
    return resolveModel(name, refsOf(await this.#providers(directory, signal)));
  }

  async find(name: string, directory: string | undefined, signal: AbortSignal | undefined) {
    return findModel(name, refsOf(await this.#providers(directory, signal)));
  }

  /** The model of that name, if the engine has it and its configuration names none. */
  async findUnlessConfigured(name: string, directory: string | undefined, signal: AbortSignal | undefined) {
    const call = { query: { directory }, signal };
    const [providers, { value: config }] = await Promise.all([
      this.#providers(directory, signal),
      this.#http.json("GET", "/config", configSchema, call),
    ]);
    return config.model ? undefined : findModel(name, refsOf(providers));
  }

  /** From the small route: `/provider` is 6 MB. */
  async #providers(directory: string | undefined, signal: AbortSignal | undefined): Promise<WireProviders> {
    const call = { query: { directory }, signal };
    return (await this.#http.json("GET", "/config/providers", providersSchema, call)).value;
  }
}

/** By the engine's own rule: the configured model, else the pick of the first provider, a configured one if there is any. */
export function defaultModel(
  { providers, default: picks = {} }: WireProviders,
  { model, provider: configured = {} }: WireConfig,
): ModelRef | undefined {
  if (model) {
    const [providerID = "", ...rest] = model.split("/");
    return { providerID, modelID: rest.join("/") };
  }
  const isCandidate = (id: string) => Object.keys(configured).length === 0 || Object.hasOwn(configured, id);
  const first = providers.find(({ id }) => isCandidate(id));
  const pick = first && picks[first.id];
  return first === undefined || pick === undefined ? undefined : { providerID: first.id, modelID: pick };
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
  const provider = name.split("/", 1)[0] ?? "";
  // A provider without a key does not exist for the engine, and neither do its models.
  const known = models.some(({ providerID }) => providerID === provider);
  const advice = known ? undefined : keyAdvice(provider);
  const hint = advice === undefined ? "" : ` The engine has no key for ${provider}: ${advice}`;
  throw new EngineError("INVALID_REQUEST", `There is no model ${JSON.stringify(name)}: ${exist}.${hint}`, {
    engine: "opencode",
  });
}

export function findModel(name: string, models: readonly ModelRef[]): ModelRef | undefined {
  const found =
    models.find(({ providerID, modelID }) => modelName(providerID, modelID) === name) ??
    models.find(({ modelID }) => modelID === name);
  return found && { providerID: found.providerID, modelID: found.modelID };
}

interface ListedModel extends ModelRef {
  readonly name: string;
  /** In tokens. 0 where the engine does not know. */
  readonly contextLimit: number;
}

function refsOf({ providers }: WireProviders): readonly ListedModel[] {
  return providers.flatMap(({ id: providerID, models }) =>
    Object.entries(models).map(([modelID, { name, limit }]) => ({
      providerID,
      modelID,
      name: name ?? modelID,
      contextLimit: limit?.context ?? 0,
    })),
  );
}
