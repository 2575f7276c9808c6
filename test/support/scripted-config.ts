/** An OpenCode configuration, or a part of one. */
export type OpenCodeConfig = Readonly<Record<string, unknown>>;

/**
 * The OpenCode configuration that the recorded fixtures were made with, for a scripted model at `model.url`:
 * provider `local` with the models `scripted` and `small` (12,000 tokens of context: it compacts soon), and provider
 * `dead`, where nothing listens. Permissions are left to the engine, which then asks nothing about bash and edits.
 *
 * @param extra merged in deeply, such as `{ permission: { bash: "ask", edit: "ask" } }`.
 */
export function scriptedConfig(model: { readonly url: string }, extra: OpenCodeConfig = {}): OpenCodeConfig {
  const npm = "@ai-sdk/openai-compatible";
  const base: OpenCodeConfig = {
    $schema: "https://opencode.ai/config.json",
    share: "disabled",
    autoupdate: false,
    model: "local/scripted",
    small_model: "local/scripted",
    provider: {
      local: {
        npm,
        name: "Local",
        options: { baseURL: model.url, apiKey: "none" },
        models: { scripted, small },
      },
      // The discard port: refused at once, everywhere, and no ephemeral port ever lands on it.
      dead: {
        npm,
        name: "Dead",
        options: { baseURL: "http://127.0.0.1:9/v1", apiKey: "none" },
        models: { nobody: { name: "Nobody" } },
      },
    },
  };
  return merged(base, extra);
}

/** The model that all tests use. */
export const scripted: OpenCodeConfig = {
  name: "Scripted",
  attachment: true,
  reasoning: true,
  temperature: true,
  tool_call: true,
  cost: { input: 1, output: 2 },
  limit: { context: 200_000, output: 8_000 },
  modalities: { input: ["text", "image"], output: ["text"] },
};

const small = { name: "Small context", tool_call: true, limit: { context: 12_000, output: 1_000 } };

/** As OpenCode merges: objects deeply, anything else (lists too) is replaced. */
function merged(base: OpenCodeConfig, extra: OpenCodeConfig): OpenCodeConfig {
  const result: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(extra)) {
    const before = result[key];
    result[key] = isObject(before) && isObject(value) ? merged(before, value) : value;
  }
  return result;
}

function isObject(value: unknown): value is OpenCodeConfig {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
