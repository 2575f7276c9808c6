import { describe, expect, it } from "vitest";
import { ollamaAddress, ollamaProvider } from "../../../src/node/configuration/ollama.ts";

describe("the provider for a local Ollama", () => {
  it("has the models that are named and that the configuration lacks", () => {
    const models = ["ollama/llama3.2:3b", "acme/large", undefined, "ollama/", "ollama/org/model"];
    expect(ollamaProvider(models, {}, {})).toEqual({
      provider: {
        ollama: {
          npm: "@ai-sdk/openai-compatible",
          name: "Ollama",
          options: { baseURL: "http://127.0.0.1:11434/v1" },
          models: {
            "llama3.2:3b": { name: "llama3.2:3b", tool_call: true },
            "org/model": { name: "org/model", tool_call: true },
          },
        },
      },
    });
  });

  it("adds only what is missing to one that is there", () => {
    const config = {
      provider: { ollama: { npm: "own", options: { baseURL: "http://big:1/v1" }, models: { known: {} } } },
    };
    expect(ollamaProvider(["ollama/known"], config, {})).toBeUndefined();
    expect(ollamaProvider(["ollama/known", "ollama/new"], config, {})).toEqual({
      provider: { ollama: { name: "Ollama", models: { new: { name: "new", tool_call: true } } } },
    });
    expect(ollamaProvider(["acme/ollama"], {}, {})).toBeUndefined();
  });

  it.each([
    [undefined, "http://127.0.0.1:11434"],
    ["", "http://127.0.0.1:11434"],
    ["127.0.0.1", "http://127.0.0.1:11434"],
    ["0.0.0.0", "http://127.0.0.1:11434"],
    ["0.0.0.0:8080", "http://127.0.0.1:8080"],
    [":8080", "http://127.0.0.1:8080"],
    ["big.lan", "http://big.lan:11434"],
    ["big.lan:80", "http://big.lan"],
    ["http://big.lan", "http://big.lan"],
    ["https://big.lan/ollama/", "https://big.lan/ollama"],
    ["http://big.lan:1234", "http://big.lan:1234"],
    ["[::1]:1234", "http://[::1]:1234"],
    ["[::]", "http://127.0.0.1:11434"],
    ["not a host", "http://127.0.0.1:11434"],
  ])("OLLAMA_HOST %j is %s", (variable, address) => expect(ollamaAddress(variable)).toBe(address));
});
