import type { Model, ModelCost, ModelLimits } from "../../engine/model.ts";
import type { WireModel } from "./schema/catalogue.ts";

/** What the engine knows of a model. Older releases know less, and what is unknown is absent. */
export function decodeModel(wire: WireModel): Omit<Model, "id" | "name" | "isDefault" | "provider"> {
  const { limit, capabilities, cost, status, variants } = wire;
  const limits = limit && decodeLimits(limit);
  return {
    ...(limits && { limits }),
    ...(capabilities?.input && { inputs: kindsOf(capabilities.input) }),
    ...(capabilities && {
      reasoning: capabilities.reasoning ?? false,
      toolUse: capabilities.toolcall ?? false,
    }),
    ...(cost && { cost: decodeCost(cost) }),
    ...(status && { status }),
    ...(variants && { variants: Object.keys(variants) }),
  };
}

/** The engine writes 0 for what its configuration does not say. */
function decodeLimits({ context, input, output }: NonNullable<WireModel["limit"]>): ModelLimits | undefined {
  if (!context && !input && !output) return undefined;
  return { ...(context && { context }), ...(input && { input }), ...(output && { output }) };
}

function decodeCost({ input, output, cache }: NonNullable<WireModel["cost"]>): ModelCost {
  return { input, output, cacheRead: cache?.read, cacheWrite: cache?.write };
}

const kindsOf = (kinds: Readonly<Record<string, boolean>>) =>
  Object.entries(kinds).flatMap(([kind, taken]) => (taken ? [kind] : []));
