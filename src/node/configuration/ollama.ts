import type { Environment } from "../places.ts";
import { type ConfigObject, valueAt } from "./config-object.ts";

const PREFIX = "ollama/";
const DEFAULT_PORT = "11434";

/**
 * A provider for a local Ollama with those of the models that are called `ollama/...` and that the configuration does
 * not have; `undefined` if there are none. Ollama itself is not asked: it may be started later.
 */
export function ollamaProvider(
  models: readonly (string | undefined)[],
  config: ConfigObject,
  env: Environment,
): ConfigObject | undefined {
  const provider = valueAt(config, ["provider", "ollama"]);
  const missing = models.flatMap((model) => {
    const name = model?.startsWith(PREFIX) ? model.slice(PREFIX.length) : "";
    return name === "" || valueAt(provider, ["models", name]) !== undefined ? [] : [name];
  });
  if (missing.length === 0) return undefined;
  const baseURL = valueAt(provider, ["options", "baseURL"]);
  return {
    provider: {
      ollama: {
        ...(valueAt(provider, ["npm"]) === undefined ? { npm: "@ai-sdk/openai-compatible" } : {}),
        ...(valueAt(provider, ["name"]) === undefined ? { name: "Ollama" } : {}),
        ...(baseURL === undefined ? { options: { baseURL: `${ollamaAddress(env.OLLAMA_HOST)}/v1` } } : {}),
        models: Object.fromEntries(missing.map((name) => [name, { name, tool_call: true }])),
      },
    },
  };
}

/** `OLLAMA_HOST` as Ollama reads it: a host, a port, both or an address; where a server listens everywhere, this host. */
export function ollamaAddress(variable: string | undefined): string {
  const text = (variable ?? "").trim().replace(/^["']|["']$/g, "");
  const hasScheme = /^https?:\/\//i.test(text);
  const address = hasScheme
    ? text
    : `http://${text.startsWith(":") ? "127.0.0.1" : ""}${text || "127.0.0.1"}`;
  if (!URL.canParse(address)) return `http://127.0.0.1:${DEFAULT_PORT}`;
  const url = new URL(address);
  if (url.hostname === "0.0.0.0" || url.hostname === "[::]") url.hostname = "127.0.0.1";
  // Port 80 is gone from the parsed address when it was written.
  if (!hasScheme && url.port === "" && !/:80(?:\/|$)/.test(text)) url.port = DEFAULT_PORT;
  return `${url.origin}${url.pathname.replace(/\/+$/, "")}`;
}
