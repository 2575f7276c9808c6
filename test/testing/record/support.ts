import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createEngineClient } from "../../../src/create-engine-client.ts";
import { createV1Handler } from "../../../src/server/handler.ts";
import { createMockEngine, type MockScript } from "../../../src/testing/mock-engine.ts";
import { createFolder, removeFolder } from "../../support/throwaway.ts";

/** The name of a file in a folder of the test's own. */
export async function fileForTest(): Promise<string> {
  const folder = await createFolder("wire");
  onTestFinished(() => removeFolder(folder));
  return join(folder, "wire.jsonl");
}

/** A `fetch` that a server of the `/v1` contract answers, with no server. */
export function fetchOfMock(script?: MockScript): typeof globalThis.fetch {
  const client = createEngineClient(createMockEngine(script));
  onTestFinished(() => client.dispose());
  const handle = createV1Handler(client);
  return (input, init) => handle(new Request(input, init));
}

/** A `fetch` with these answers, one after the other. */
export function fetchOf(
  ...answers: readonly (() => Response | Promise<Response>)[]
): typeof globalThis.fetch {
  const left = [...answers];
  return async () => {
    const answer = left.shift();
    if (answer === undefined) throw new Error("More was asked than there are answers.");
    return answer();
  };
}

/** A stream that is written to while it is read. */
export function openStream() {
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
  const writer = writable.getWriter();
  const response = new Response(readable, { headers: { "content-type": "text/event-stream" } });
  return {
    response,
    write: (text: string) => writer.write(new TextEncoder().encode(text)),
    close: () => writer.close(),
    fail: (error: unknown) => writer.abort(error),
  };
}
