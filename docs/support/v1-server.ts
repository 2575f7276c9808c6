import { createEngineClient } from "../../src/create-engine-client.ts";
import { createV1Handler } from "../../src/server/handler.ts";
import { createMockEngine, type MockScript } from "../../src/testing/mock-engine.ts";
import { type LocalServer, serveFetch } from "./serve-fetch.ts";

/** The server that the examples of v1.md speak with. It says the same every time. */
export async function startV1Server(): Promise<LocalServer> {
  const client = createEngineClient(createMockEngine(script));
  const server = await serveFetch(createV1Handler(client));
  return {
    url: server.url,
    async [Symbol.asyncDispose]() {
      await client.dispose();
      await server[Symbol.asyncDispose]();
    },
  };
}

const script: MockScript = ({ content }) => {
  // One word, one delta: how many wait for the reader, and are one by then, is not for the page to say.
  if (content === "Say hello") return [{ reasoning: "Politely." }, { text: "Hello!" }];
  if (content === "Ask me") {
    const options = [{ label: "Tabs" }, { label: "Spaces" }];
    return [{ question: [{ question: "Tabs or spaces?", options }] }, { text: "Thanks." }];
  }
  if (content !== "List the files") return [{ reasoning: "Politely." }, { text: "Hello there!" }];
  const ask = { description: "Run `ls`", patterns: ["ls"] };
  return [{ tool: "bash", input: { command: "ls" }, output: "README.md\nsrc\n", ask }, { text: "Just two." }];
};
