import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";
import { Agent, type AgentOwner } from "./agent.ts";
import type { AcpSettings } from "./options.ts";

export interface AgentHostOwner extends AgentOwner {
  /** It is gone, with how it ended. Told before anybody else hears of it. */
  onEnded(agent: Agent, words: string): void;
}

/** Keeps an agent while somebody holds it: starts it when it is needed, and again when it has ended. */
export class AgentHost {
  readonly #settings: AcpSettings;
  readonly #owner: AgentHostOwner;
  readonly #life = new AbortController();
  readonly #started = new Set<Agent>();
  #current: Promise<Agent> | undefined;
  #holders = 0;

  constructor(settings: AcpSettings, owner: AgentHostOwner) {
    this.#settings = settings;
    this.#owner = owner;
  }

  /**
   * Keeps the agent until the returned function is called: that resolves when the agent is gone with all that it
   * started, or at once while others hold it. It never rejects.
   */
  hold(): () => Promise<void> {
    this.#holders += 1;
    let isHeld = true;
    return async () => {
      if (isHeld) this.#holders -= 1;
      isHeld = false;
      if (this.#holders === 0) await this.#stop();
    };
  }

  /** Does something with the agent that runs, or is started for it. @throws EngineError as `Agent.start` */
  async use<T>(signal: AbortSignal | undefined, work: (agent: Agent) => Promise<T>): Promise<T> {
    const release = this.hold();
    try {
      return await work(await this.#agent(signal));
    } finally {
      void release();
    }
  }

  /** Ends it for good, whoever holds it. Never rejects. */
  async close(): Promise<void> {
    const { id: engine, name } = this.#settings;
    const message = `This driver of ${name} was disposed; make a new one.`;
    this.#life.abort(new EngineError("ENGINE_UNAVAILABLE", message, { engine, retryable: false }));
    await this.#stop();
  }

  /** The same for all who ask meanwhile. */
  #agent(signal: AbortSignal | undefined): Promise<Agent> {
    return scoped([signal, this.#life.signal], () => {
      return this.#current ?? this.#start();
    });
  }

  #start(): Promise<Agent> {
    const agent = new Agent(this.#settings, this.#owner);
    this.#started.add(agent);
    const starting = agent.start(this.#life.signal).then(() => agent);
    this.#current = starting;
    // Before anybody hears that it is gone it must not be asked any more.
    void agent.ended.then((words) => {
      this.#started.delete(agent);
      if (this.#current === starting) this.#current = undefined;
      this.#owner.onEnded(agent, words);
    });
    return starting;
  }

  async #stop(): Promise<void> {
    this.#current = undefined;
    const left = await Promise.all([...this.#started].map((agent) => agent.stop()));
    const pids = left.flat();
    if (pids.length === 0) return;
    const told = `These processes, which the agent had started, could not be ended: ${pids.join(", ")}.`;
    this.#owner.diagnostic({ level: "warning", code: "processes_left", message: told });
  }
}
