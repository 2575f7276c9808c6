import { onTestFinished } from "vitest";
import type { EngineClientOptions } from "../../src/create-engine-client.ts";
import type { Diagnostic } from "../../src/engine/diagnostics.ts";
import type { EngineDriver } from "../../src/engine/driver.ts";
import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import { createV1Handler, type V1HandlerOptions } from "../../src/server/handler.ts";
import { readSse, type SseFrame, type SseFrames } from "../../src/stream/sse.ts";
import { clientOf } from "../hub/support.ts";

/** A server of the contract without a network. */
export interface TestServer {
  readonly client: ManagedEngineClient;
  readonly diagnostics: Diagnostic[];
  /** Sends `body` as JSON, unless it is a string: that goes as it stands. */
  ask(method: string, path: string, body?: unknown, init?: RequestInit): Promise<Response>;
  /** A new session's id. */
  create(): Promise<string>;
  /** Opens an event stream. It is left when the test is over. */
  open(method: string, path: string, body?: unknown, init?: RequestInit): Promise<SseFrames>;
}

export interface ServeOptions extends V1HandlerOptions {
  readonly client?: EngineClientOptions | undefined;
}

export function serve(
  driver: EngineDriver,
  { client: clientOptions, ...options }: ServeOptions = {},
): TestServer {
  const diagnostics: Diagnostic[] = [];
  const client = clientOf(driver, { idleTimeout: 0, ...clientOptions });
  const handle = createV1Handler(client, { onDiagnostic: (told) => diagnostics.push(told), ...options });
  const ask: TestServer["ask"] = (method, path, body, init) => {
    const sent =
      body === undefined
        ? {}
        : {
            body: typeof body === "string" ? body : JSON.stringify(body),
            headers: { "content-type": "application/json" },
          };
    return handle(new Request(`http://server.test${path}`, { method, ...sent, ...init }));
  };
  return {
    client,
    diagnostics,
    ask,
    async create() {
      const response = await ask("POST", "/v1/session", {});
      const { id } = await response.json();
      return id;
    },
    async open(method, path, body, init) {
      const response = await ask(method, path, body, init);
      if (response.status !== 200) throw new Error(`${response.status}: ${await response.text()}`);
      const frames = readSse(response);
      onTestFinished(async () => {
        await frames.return();
      });
      return frames;
    },
  };
}

/** The event of a frame, which must carry its type twice. */
export function eventIn({ event, data }: SseFrame): Record<string, unknown> & { readonly type: string } {
  const parsed = JSON.parse(data);
  if (parsed.type !== event) throw new Error(`A frame named ${event} holds a ${parsed.type}`);
  return parsed;
}

/** The next event of a stream. */
export async function nextOf(frames: SseFrames) {
  const { done, value } = await frames.next();
  if (done) throw new Error("The stream is over.");
  return { id: value.id, ...eventIn(value) };
}

/** All that a stream still has to tell. */
export async function restOf(frames: SseFrames) {
  const events = [];
  for await (const frame of frames) events.push(eventIn(frame));
  return events;
}

/** The events up to one of this type. */
export async function upTo(
  frames: SseFrames,
  type: string,
  matches: (event: object) => boolean = () => true,
) {
  const events = [];
  while (true) {
    const event = await nextOf(frames);
    events.push(event);
    if (event.type === type && matches(event)) return events;
  }
}
