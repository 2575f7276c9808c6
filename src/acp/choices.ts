import type { Agent } from "../engine/agent.ts";
import { EngineError } from "../engine/errors.ts";
import type { Model } from "../engine/model.ts";
import type { WireConfigOptions, WireSettings } from "./schema.ts";

/** What a prompt can choose: `model`, `agent` (the protocol's mode) and `variant` (how much the model thinks). */
export type ChoiceKind = "model" | "agent" | "variant";

export interface Option {
  readonly id: string;
  readonly name: string;
  readonly description?: string | undefined;
}

/** One thing that a session can be set to, and how that is said to the agent. */
export interface Choice {
  readonly current: string;
  readonly options: readonly Option[];
  /** Its id as a configuration option; absent: it has a request of its own. */
  readonly configId?: string | undefined;
}

export type Choices = Readonly<Partial<Record<ChoiceKind, Choice>>>;

const CATEGORY = { model: "model", agent: "mode", variant: "thought_level" } as const satisfies Record<
  ChoiceKind,
  string
>;
export const choiceKinds = ["model", "agent", "variant"] as const satisfies readonly ChoiceKind[];

/** What an agent says that a new session can be set to. Configuration options go before what there was earlier. */
export function choicesIn({ configOptions, modes, models }: WireSettings): Choices {
  const agent = modes && {
    current: modes.currentModeId,
    options: modes.availableModes.map(({ id, name, description }) => optionOf(id, name, description)),
  };
  const model = models && {
    current: models.currentModelId,
    options: models.availableModels.map(({ modelId, name }) => optionOf(modelId, name)),
  };
  return { ...(agent ? { agent } : {}), ...(model ? { model } : {}), ...configured(configOptions ?? []) };
}

/** The same after the agent told its configuration options anew: all of them. */
export function withConfigured(choices: Choices, options: WireConfigOptions): Choices {
  const kept = Object.entries(choices).filter(([, choice]) => choice.configId === undefined);
  return { ...Object.fromEntries(kept), ...configured(options) };
}

/** The same, set to another. */
export function withCurrent(choices: Choices, kind: ChoiceKind, current: string): Choices {
  const choice = choices[kind];
  return choice === undefined ? choices : { ...choices, [kind]: { ...choice, current } };
}

function configured(told: WireConfigOptions): Choices {
  const choices: Partial<Record<ChoiceKind, Choice>> = {};
  for (const kind of choiceKinds) {
    const found = told.find((one) => (one.category ?? one.id) === CATEGORY[kind] && one.type === "select");
    if (found === undefined || typeof found.currentValue !== "string") continue;
    const options = (found.options ?? []).flatMap((one) => ("value" in one ? [one] : one.options));
    choices[kind] = {
      current: found.currentValue,
      options: options.map(({ value, name, description }) =>
        optionOf(String(value), String(name), description),
      ),
      configId: found.id,
    };
  }
  return choices;
}

function optionOf(id: string, name: string, description?: unknown): Option {
  return { id, name, ...(typeof description === "string" ? { description } : {}) };
}

/**
 * The id of what is asked for: the whole id, or of a model its bare name.
 * @throws EngineError `UNSUPPORTED` where the agent has no such choice; `INVALID_REQUEST` for what is not offered
 */
export function choose(
  choices: Choices,
  kind: ChoiceKind,
  wanted: string,
  where: { readonly engine: string; readonly sessionId?: string | undefined },
): string {
  const choice = choices[kind];
  if (choice === undefined) {
    throw new EngineError("UNSUPPORTED", `This agent lets nobody choose a ${kind}.`, where);
  }
  const { options } = choice;
  if (options.some(({ id }) => id === wanted)) return wanted;
  const [only, other] = options.filter(({ id }) => id.endsWith(`/${wanted}`));
  if (only !== undefined && other === undefined) return only.id;
  const some = options.slice(0, 10).map(({ id }) => id);
  const more = options.length > some.length ? `, and ${options.length - some.length} more` : "";
  const message = `This agent has no ${kind} ${JSON.stringify(wanted)}. It has ${some.join(", ")}${more}.`;
  throw new EngineError("INVALID_REQUEST", message, where);
}

/** `contextSize`: of the current model, in tokens. */
export function modelsOf({ model, variant }: Choices, contextSize: number | undefined): readonly Model[] {
  const { current, options } = model ?? { current: "", options: [] };
  return options.map(({ id, name }): Model => {
    const slash = id.indexOf("/");
    const isDefault = id === current;
    return {
      id,
      name,
      isDefault,
      ...(slash > 0 ? { provider: id.slice(0, slash) } : {}),
      ...(isDefault && contextSize !== undefined ? { limits: { context: contextSize } } : {}),
      // Of the others the agent tells them when they are chosen.
      ...(isDefault && variant !== undefined ? { variants: variant.options.map((level) => level.id) } : {}),
    };
  });
}

export function agentsOf({ agent }: Choices): readonly Agent[] {
  const { current, options } = agent ?? { current: "", options: [] };
  return options.map(({ id, name, description }) => ({
    id,
    description: description ?? name,
    role: "primary",
    isDefault: id === current,
  }));
}
