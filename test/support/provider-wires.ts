import type { OpenCodeConfig } from "./scripted-config.ts";
import type { ScriptedModel } from "./scripted-model/server.ts";

/** A way in which the engine speaks with its models: which of its provider packages, and which wire that speaks. */
export interface ProviderWire {
  /** For people, and for the names of tests. */
  readonly name: string;
  /** The provider's id in the configuration of {@link wireProviders}. */
  readonly provider: string;
  /** `wire` of the requests that the scripted model gets. */
  readonly wire: string;
  readonly npm: string;
  readonly options: (origin: string) => OpenCodeConfig;
  /** What the provider counts besides what goes in and comes out. */
  /** Whether the engine asks again after a failure in the middle of an answer. */
  readonly asksAgain: boolean;
  readonly counts: { readonly cached: boolean; readonly reasoning: boolean };
}

const apiKey = "scripted-key";

export const providerWires: readonly ProviderWire[] = [
  {
    name: "OpenAI chat completions",
    provider: "chat",
    wire: "chat-completions",
    npm: "@ai-sdk/openai-compatible",
    options: (origin) => ({ baseURL: `${origin}/v1`, apiKey }),
    asksAgain: true,
    counts: { cached: true, reasoning: true },
  },
  {
    name: "OpenAI responses",
    provider: "responses",
    wire: "responses",
    npm: "@ai-sdk/openai",
    options: (origin) => ({ baseURL: `${origin}/v1`, apiKey }),
    asksAgain: true,
    counts: { cached: true, reasoning: true },
  },
  {
    name: "Anthropic messages",
    provider: "messages",
    wire: "messages",
    npm: "@ai-sdk/anthropic",
    options: (origin) => ({ baseURL: `${origin}/v1`, apiKey }),
    asksAgain: true,
    counts: { cached: true, reasoning: false },
  },
  {
    name: "Google generateContent",
    provider: "gemini",
    wire: "generate-content",
    npm: "@ai-sdk/google",
    options: (origin) => ({ baseURL: `${origin}/v1beta`, apiKey }),
    asksAgain: false,
    counts: { cached: true, reasoning: true },
  },
  {
    name: "Bedrock converse-stream",
    // The engine knows the credentials of AWS only under this id.
    provider: "amazon-bedrock",
    wire: "converse-stream",
    npm: "@ai-sdk/amazon-bedrock",
    options: (endpoint) => ({ endpoint, region: "us-east-1", apiKey }),
    asksAgain: false,
    counts: { cached: true, reasoning: false },
  },
  {
    name: "Ollama",
    provider: "ollama",
    wire: "ollama",
    npm: "@ai-sdk/openai-compatible",
    options: (origin) => ({ baseURL: `${origin}/ollama/v1` }),
    asksAgain: false,
    counts: { cached: false, reasoning: false },
  },
];

/** A provider for each wire, each with the same model `scripted`. */
export function wireProviders(
  { origin }: Pick<ScriptedModel, "origin">,
  model: OpenCodeConfig,
): OpenCodeConfig {
  return Object.fromEntries(
    providerWires.map(({ provider, name, npm, options }) => [
      provider,
      { npm, name, options: options(origin), models: { scripted: model } },
    ]),
  );
}
