/** Which variables give a provider its key: one of these sets, all of its variables. */
export interface ProviderKey {
  readonly name: string;
  readonly variables: readonly (readonly string[])[];
}

const key = (name: string, ...variables: (string | readonly string[])[]): ProviderKey => ({
  name,
  variables: variables.map((set) => (typeof set === "string" ? [set] : set)),
});

/**
 * The variables that OpenCode itself reads for the providers that people use most, by the provider's id (asked of
 * release 1.18.33; `GET /provider` has them all). The first set is the one that advice names first.
 */
export const providerKeys: ReadonlyMap<string, ProviderKey> = new Map([
  ["anthropic", key("Anthropic", "ANTHROPIC_API_KEY")],
  ["openai", key("OpenAI", "OPENAI_API_KEY")],
  ["google", key("Google", "GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY")],
  [
    "amazon-bedrock",
    key(
      "Amazon Bedrock",
      ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
      "AWS_PROFILE",
      "AWS_BEARER_TOKEN_BEDROCK",
    ),
  ],
  ["openrouter", key("OpenRouter", "OPENROUTER_API_KEY")],
  ["groq", key("Groq", "GROQ_API_KEY")],
  ["mistral", key("Mistral", "MISTRAL_API_KEY")],
  ["deepseek", key("DeepSeek", "DEEPSEEK_API_KEY")],
  ["xai", key("xAI", "XAI_API_KEY")],
  ["azure", key("Azure", ["AZURE_API_KEY", "AZURE_RESOURCE_NAME"])],
  ["cohere", key("Cohere", "COHERE_API_KEY")],
  ["togetherai", key("Together AI", "TOGETHER_API_KEY")],
  ["fireworks-ai", key("Fireworks AI", "FIREWORKS_API_KEY")],
  ["cerebras", key("Cerebras", "CEREBRAS_API_KEY")],
  ["perplexity", key("Perplexity", "PERPLEXITY_API_KEY")],
  ["deepinfra", key("Deep Infra", "DEEPINFRA_API_KEY")],
  ["huggingface", key("Hugging Face", "HF_TOKEN")],
  ["nvidia", key("Nvidia", "NVIDIA_API_KEY")],
  ["moonshotai", key("Moonshot AI", "MOONSHOT_API_KEY")],
  ["zai", key("Z.AI", "ZHIPU_API_KEY")],
  ["alibaba", key("Alibaba", "DASHSCOPE_API_KEY")],
  ["vercel", key("Vercel AI Gateway", "AI_GATEWAY_API_KEY")],
  ["ollama-cloud", key("Ollama Cloud", "OLLAMA_API_KEY")],
  ["opencode", key("OpenCode Zen", "OPENCODE_API_KEY")],
]);

/** What to set when a provider lacks its key, or its key is refused; `undefined` for a provider of one's own. */
export function keyAdvice(providerId: string): string | undefined {
  const known = providerKeys.get(providerId);
  if (known === undefined) return undefined;
  const sets = known.variables.map((set) => set.join(" and ")).join(", or ");
  return `Set ${sets} where the engine is started, or provider.${providerId}.options.apiKey in its configuration.`;
}

/** The set of variables that has values, so that OpenCode uses the provider; `undefined` if none is complete. */
export function keyInEnvironment(
  providerId: string,
  env: Readonly<Record<string, string | undefined>>,
): readonly string[] | undefined {
  const sets = providerKeys.get(providerId)?.variables;
  return sets?.find((set) => set.every((variable) => (env[variable] ?? "") !== ""));
}
