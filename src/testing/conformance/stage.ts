import { createEngineClient } from "../../create-engine-client.ts";
import type { EngineDriver } from "../../engine/driver.ts";
import { EngineError } from "../../engine/errors.ts";
import type { ManagedEngineClient } from "../../engine/managed-engine-client.ts";
import { withDeadline } from "../../engine/scope.ts";
import type { Session } from "../../engine/session.ts";
import type { EngineBrain } from "./brain.ts";
import { FaultyDriver } from "./faulty-driver.ts";

/** Where the engine under test comes from. */
export interface EngineSource {
  readonly createDriver?: (() => EngineDriver | Promise<EngineDriver>) | undefined;
  readonly createClient?: (() => ManagedEngineClient | Promise<ManagedEngineClient>) | undefined;
  readonly brain: EngineBrain;
  /** Makes the client of a driver. Default: the package does. */
  readonly clientOf?: ((driver: EngineDriver) => ManagedEngineClient) | undefined;
}

export interface FaultyClient {
  readonly client: ManagedEngineClient;
  readonly faults: FaultyDriver;
}

/** What a rule works with. Whatever it opens is gone when the rule is over. */
export interface Stage {
  readonly brain: Required<EngineBrain>;
  /** Another client of the engine, which keeps the mirror. */
  client(): Promise<ManagedEngineClient>;
  /** The same, and the hand on its wire. Only in rules that need a driver. */
  faultyClient(): Promise<FaultyClient>;
  /** A client that nobody has used yet, and the hand on its wire. Only in rules that need a driver. */
  freshClient(): Promise<FaultyClient>;
  /** A new session. What runs in it when the rule is over is stopped. */
  session(client: ManagedEngineClient): Promise<Session>;
  /** A driver by itself, which the rule uses up. Only in rules that need one. */
  driver(): Promise<EngineDriver>;
  /** Aborts when the rule is over, or late. */
  readonly signal: AbortSignal;
}

/** Milliseconds for all that a rule left behind. */
export const CLEANING_MS = 5_000;

/** Sets a stage, plays on it, and clears it. What the engine told last stands in the error of a failure. */
export async function onStage(
  source: EngineSource,
  deadline: number,
  play: (stage: Stage) => Promise<void>,
): Promise<void> {
  const life = new AbortController();
  const props = new Props(source, life.signal);
  try {
    const late = () => new Error(`It was not over after ${deadline} ms.`);
    await withDeadline(deadline, late, [], () => play(props.stage));
  } catch (error) {
    props.mustStop = true;
    throw withTraces(error, props.traces);
  } finally {
    life.abort();
    await props.clear();
  }
}

class Props {
  readonly stage: Stage;
  readonly #source: EngineSource;
  readonly #drivers: FaultyDriver[] = [];
  readonly #clients: ManagedEngineClient[] = [];
  readonly #sessions: Session[] = [];
  /** Something may run in the sessions that does not end by itself. */
  mustStop = false;

  constructor(source: EngineSource, signal: AbortSignal) {
    this.#source = source;
    this.stage = {
      brain: this.#brain(),
      client: () => this.#client(),
      faultyClient: async () => {
        const fresh = await this.#freshClient();
        await fresh.client.connect();
        return fresh;
      },
      freshClient: () => this.#freshClient(),
      session: async (client) => {
        const session = await client.session.create();
        this.#sessions.push(session);
        return session;
      },
      driver: () => this.#driver(),
      signal,
    };
  }

  get traces(): readonly string[] {
    return this.#drivers.map(({ trace }) => String(trace)).filter((trace) => trace !== "");
  }

  /** Never rejects: a rule that failed must not fail once more by what it left. */
  async clear(): Promise<void> {
    const late = () => new Error("It took too long.");
    const clear = async () => {
      if (this.mustStop && this.#sessions.length > 0) await this.#stopSessions();
      await Promise.allSettled(this.#clients.map((client) => client.dispose()));
      await Promise.allSettled(this.#drivers.map((driver) => driver.release()));
    };
    await withDeadline(CLEANING_MS, late, [], clear).catch(() => {});
  }

  async #stopSessions(): Promise<void> {
    // The clients of the rule may be disposed, or cut off.
    const client = await this.#client();
    await Promise.allSettled(this.#sessions.map((session) => client.session.abort(session)));
  }

  async #client(): Promise<ManagedEngineClient> {
    const { createClient } = this.#source;
    const client =
      createClient === undefined ? (await this.#freshClient()).client : this.#keep(await createClient());
    await client.connect();
    return client;
  }

  async #freshClient(): Promise<FaultyClient> {
    const { clientOf = createEngineClient } = this.#source;
    const faults = await this.#faultyDriver();
    return { client: this.#keep(clientOf(faults.driver)), faults };
  }

  async #faultyDriver(): Promise<FaultyDriver> {
    const driver = new FaultyDriver(await this.#driver());
    this.#drivers.push(driver);
    return driver;
  }

  async #driver(): Promise<EngineDriver> {
    const { createDriver } = this.#source;
    if (createDriver === undefined) throw new EngineError("INVALID_REQUEST", "This rule needs a driver.");
    return createDriver();
  }

  #keep(client: ManagedEngineClient): ManagedEngineClient {
    this.#clients.push(client);
    return client;
  }

  #brain(): Required<EngineBrain> {
    const { brain } = this.#source;
    const stopping = () => {
      this.mustStop = true;
    };
    return {
      say: (text) => brain.say(text),
      wait: (text) => {
        stopping();
        return given(brain, "wait").call(brain, text);
      },
      useTools: (text) => given(brain, "useTools").call(brain, text),
      hangInTool: () => {
        stopping();
        return given(brain, "hangInTool").call(brain);
      },
      askPermission: (text) => {
        stopping();
        return given(brain, "askPermission").call(brain, text);
      },
      fail: () => given(brain, "fail").call(brain),
    };
  }
}

function given<Name extends keyof EngineBrain>(
  brain: EngineBrain,
  name: Name,
): NonNullable<EngineBrain[Name]> {
  const act = brain[name];
  if (act != null) return act;
  throw new Error(`The brain has no ${name}(): give it one, or skip this rule and say why the engine can't.`);
}

function withTraces(error: unknown, traces: readonly string[]): unknown {
  if (!(error instanceof Error) || traces.length === 0) return error;
  const told = traces.map((trace) => `\n  ${trace}`).join("");
  const value = `${error.message}\nWhat went over the wire last:${told}`;
  // A DOMException's own message can't be written.
  Reflect.defineProperty(error, "message", { value, configurable: true, writable: true });
  return error;
}
