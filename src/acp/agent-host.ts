import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";
import { Agent, type AgentOwner } from "./agent.ts";
import type { AcpSettings } from "./options.ts";

export interface AgentHostOwner extends AgentOwner {
  /** It is gone, with how it ended. Told before anybody else hears of it. */
  onEnded(agent: Agent, words: string): void;
}

/** Keeps an agent: starts it when it is needed, and again when it has ended, until it is closed. */
export class AgentHost {
  readonly #settings: AcpSettings;
  readonly #owner: AgentHostOwner;
  readonly #life = new AbortController();
  readonly #started = new Set<Agent>();
  #current: Promise<Agent> | undefined;
  #closing: Promise<void> | undefined;

  constructor(settings: AcpSettings, owner: AgentHostOwner) {
    this.#settings = settings;
    this.#owner = owner;
  }

  /** The agent that runs; it is started for all who ask meanwhile. @throws EngineError as `Agent.start` */
  async agent(signal?: AbortSignal): Promise<Agent> {
    return scoped([signal, this.#life.signal], () => {
      this.#current ??= this.#start();
      return this.#current;
    });
  }

  /** Ends it with all that it started, for good. Never rejects. */
  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #start(): Promise<Agent> {
    const agent = new Agent(this.#settings, this.#owner);
    this.#started.add(agent);
    // Before it ends it must not be asked for any more.
    void agent.ended.then((words) => {
      this.#started.delete(agent);
      this.#current = undefined;
      this.#owner.onEnded(agent, words);
    });
    await agent.start(this.#life.signal);
    return agent;
  }

  async #close(): Promise<void> {
    const { id: engine, name } = this.#settings;
    const message = `The connection to ${name} was closed.`;
    this.#life.abort(new EngineError("ENGINE_UNAVAILABLE", message, { engine }));
    const left = await Promise.all([...this.#started].map((agent) => agent.stop()));
    const pids = left.flat();
    if (pids.length === 0) return;
    const told = `These processes, which the agent had started, could not be ended: ${pids.join(", ")}.`;
    this.#owner.diagnostic({ level: "warning", code: "processes_left", message: told });
  }
}
