import { createEngineClient } from "../../../src/create-engine-client.ts";
import { createV1Handler } from "../../../src/server/handler.ts";
import { createMockEngine, type MockEngine, type MockScript } from "../../../src/testing/mock-engine.ts";
import { offers } from "../offers.ts";

/** The engine behind the server of the transcripts: it says and does the same every time. */
export const createFrozenEngine = (): MockEngine => createMockEngine(script, offers);

/** One word, one delta: how many a reader finds in one is a matter of time. */
const script: MockScript = ({ content }) => {
  switch (content) {
    case "List the files": {
      const ask = { description: "Run `ls`", patterns: ["ls"] };
      return [
        { reasoning: "Politely." },
        { tool: "bash", input: { command: "ls" }, output: "README.md\n", ask },
        { text: "One." },
      ];
    }
    case "Ask":
      return [
        {
          question: [
            { question: "Which one?", header: "One", options: [{ label: "Red" }, { label: "Blue" }] },
          ],
        },
        { text: "Noted." },
      ];
    case "Plan":
      return [
        { todo: [{ content: "Write it down", status: "pending", priority: "high" }] },
        { text: "Planned." },
      ];
    case "Fail":
      return [
        { text: "Well" },
        { error: { code: "RATE_LIMITED", message: "Slow down.", retryAfterMs: 1_000 } },
      ];
    case "Wait":
      return [{ text: "Waiting" }, { wait: new Promise(() => {}) }];
    default:
      return [{ text: "Hello." }];
  }
};

export interface FrozenEngine extends AsyncDisposable {
  readonly handle: (request: Request) => Promise<Response>;
  /** The same for a client. */
  readonly fetch: typeof globalThis.fetch;
}

/** Today's server of the contract over a new engine. */
export function serveFrozenEngine(): FrozenEngine {
  const client = createEngineClient(createFrozenEngine());
  const handle = createV1Handler(client);
  return {
    handle,
    fetch: (input, init) => handle(new Request(input, init)),
    [Symbol.asyncDispose]: () => client.dispose(),
  };
}
