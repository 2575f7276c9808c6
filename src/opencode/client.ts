import { createEngineClient, type EngineClientOptions } from "../create-engine-client.ts";
import { asyncDispose } from "../engine/async-dispose.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { type OpenCodeDriverOptions, openCodeDriver } from "./driver.ts";
import { withOthers } from "./others/with-others.ts";

export interface OpenCodeClientOptions extends OpenCodeDriverOptions, EngineClientOptions {}

/**
 * A client of an OpenCode server that runs already. Nothing is sent before the first call; the event stream is opened
 * on first use and closed some time after the last user left.
 *
 * To have the server found or started as well, use `createOpenCode()` from `@quantumreef/engine-client/node`.
 *
 * @example
 * ```ts
 * const client = new OpenCodeClient({ baseUrl: "http://127.0.0.1:4096" });
 * const session = await client.session.create({ title: "Validation" });
 * for await (const event of client.session.prompt(session, "Add input validation")) {
 *   if (event.type === "text_delta") console.log(event.delta);
 * }
 * await client.dispose();
 * ```
 */
export class OpenCodeClient implements ManagedEngineClient {
  readonly id: ManagedEngineClient["id"];
  readonly name: ManagedEngineClient["name"];
  readonly session: ManagedEngineClient["session"];
  readonly message: ManagedEngineClient["message"];
  readonly events: ManagedEngineClient["events"];
  readonly permissions: ManagedEngineClient["permissions"];
  readonly questions: ManagedEngineClient["questions"];
  readonly models: ManagedEngineClient["models"];
  readonly commands: ManagedEngineClient["commands"];
  readonly providers: ManagedEngineClient["providers"];
  readonly agents: ManagedEngineClient["agents"];
  readonly mcp: ManagedEngineClient["mcp"];
  readonly registry: ManagedEngineClient["registry"];
  readonly connect: ManagedEngineClient["connect"];
  readonly request: ManagedEngineClient["request"];
  readonly health: ManagedEngineClient["health"];
  readonly dispose: ManagedEngineClient["dispose"];
  readonly #client: ManagedEngineClient;

  /**
   * @throws EngineError `CONFIG_INVALID` when `baseUrl` is no http address, or `protocol` is none; `INVALID_REQUEST` for a
   *   policy that is none
   */
  constructor(options: OpenCodeClientOptions = {}) {
    const client = createEngineClient(withOthers(openCodeDriver(options)), options);
    this.#client = client;
    this.id = client.id;
    this.name = client.name;
    this.session = client.session;
    this.message = client.message;
    this.events = client.events;
    this.permissions = client.permissions;
    this.questions = client.questions;
    this.models = client.models;
    this.commands = client.commands;
    this.providers = client.providers;
    this.agents = client.agents;
    this.mcp = client.mcp;
    this.registry = client.registry;
    this.connect = client.connect;
    this.request = client.request;
    this.health = client.health;
    this.dispose = (options) => client.dispose(options);
  }

  /** Of the server, once it was reached; before that those of the releases this client knows. */
  get capabilities(): ManagedEngineClient["capabilities"] {
    return this.#client.capabilities;
  }

  /** Of the server, once it was reached; before that `"unknown"`. */
  get version(): string {
    return this.#client.version;
  }

  [asyncDispose](): Promise<void> {
    return this.#client.dispose();
  }
}
