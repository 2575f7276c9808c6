import type { CredentialSource, Provider } from "../../engine/provider.ts";
import { modelName } from "./decode.ts";
import type { WireProvider } from "./schema/catalogue.ts";

/** `pick`: the model that the engine picks of it. */
export function decodeProvider(wire: WireProvider, pick: string | undefined): Provider {
  const { id, name } = wire;
  return {
    id,
    name: name ?? id,
    credentials: { source: sourceOf(wire), variables: wire.env ?? [] },
    ...(pick !== undefined && { defaultModel: modelName(id, pick) }),
  };
}

function sourceOf({ source, env, key = false, options }: WireProvider): CredentialSource {
  if (source === "env") return "environment";
  if (source === "api") return "login";
  // The engine's own provider has a key that is everybody's.
  if (source === "custom") return options?.isPublic ? "none" : "engine";
  if (options?.hasKey) return "configuration";
  // Configured, but with a key from elsewhere.
  if (key) return (env ?? []).length === 0 ? "login" : "unknown";
  return "none";
}
