import { EngineError } from "../../engine/errors.ts";
import type { Model } from "../../engine/model.ts";
import type { Provider } from "../../engine/provider.ts";
import type { Http } from "../../http.ts";
import { keyAdvice } from "../provider-keys.ts";
import { modelName } from "./decode.ts";
import { decodeModel } from "./decode-model.ts";
import { decodeProvider } from "./decode-provider.ts";
import { configSchema, providersSchema, type WireConfig, type WireProviders } from "./schema/catalogue.ts";

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
    const [{ providers }, preferred] = await this.#read(directory, signal);
    return providers.flatMap(({ id: provider, models }) =>
      Object.entries(models).map(([modelID, wire]) => ({
        id: modelName(provider, modelID),
        name: wire.name ?? modelID,
        provider,
        isDefault: preferred?.providerID === provider && preferred.modelID === modelID,
        ...decodeModel(wire),
      })),
    );
  }

  async providers(
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<readonly Provider[]> {
    const { providers, default: picks = {} } = await this.#providers(directory, signal);
    return providers.map((provider) => decodeProvider(provider, picks[provider.id]));
  }

  /**
   * Sees to it that a model has a variant: the engine passes over one that it does not know. `name`: that of the model;
   * absent: the engine's default.
   * @throws EngineError `INVALID_REQUEST` naming those that exist
   */
  async checkVariant(
    variant: string,
    name: string | undefined,
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const [providers, preferred] = await this.#read(directory, signal);
    const model = name === undefined ? preferred : resolveModel(name, refsOf(providers));
    const provider = providers.providers.find(({ id }) => id === model?.providerID);
    const variants = Object.keys(provider?.models[model?.modelID ?? ""]?.variants ?? {});
    if (variants.includes(variant)) return;
    const exist = variants.length === 0 ? "it has none" : `there are ${variants.join(", ")}`;
    const whose = model && ` ${JSON.stringify(modelName(model.providerID, model.modelID))}`;
    const message = `The model${whose ?? ""} has no variant ${JSON.stringify(variant)}: ${exist}.`;
    throw new EngineError("INVALID_REQUEST", message, { engine: "opencode" });
  }

  /** The model of a prompt for which none is asked; `undefined` if the engine has none. */
  async default(
    directory: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<ModelRef | undefined> {
    return (await this.#read(directory, signal))[1];
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

  /** With the model of a prompt for which none is asked. */
  async #read(directory: string | undefined, signal: AbortSignal | undefined) {
    const call = { query: { directory }, signal };
    const [providers, { value: config }] = await Promise.all([
      this.#providers(directory, signal),
      this.#http.json("GET", "/config", configSchema, call),
    ]);
    return [providers, defaultModel(providers, config)] as const;
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

function refsOf({ providers }: WireProviders): readonly ModelRef[] {
  return providers.flatMap(({ id: providerID, models }) =>
    Object.keys(models).map((modelID) => ({ providerID, modelID })),
  );
}
