import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import type { Agent } from "./agent.ts";
import { choicesIn } from "./choices.ts";
import { mcpServersFor } from "./mcp-servers.ts";
import { methods } from "./methods.ts";
import type { AcpSettings } from "./options.ts";
import { settingsSchema } from "./schema.ts";
import type { SessionRecord } from "./session-record.ts";
import { Transcript } from "./transcript.ts";

export interface ConversationsContext {
  readonly settings: AcpSettings;
  tell(event: DriverEvent): void;
  terminalOutput(agent: Agent | undefined, terminalId: string): string | undefined;
}

type Signal = AbortSignal | undefined;

/** How conversations come to be known here: from their first word on, or because the agent tells them again. */
export class Conversations {
  readonly #context: ConversationsContext;

  constructor(context: ConversationsContext) {
    this.#context = context;
  }

  /** One of which everything is heard from now on. */
  begin(record: SessionRecord): Transcript {
    return this.#transcript(record, Date.now);
  }

  /**
   * Sees to it that this life of the agent knows the session.
   * @throws EngineError `UNSUPPORTED` where it can't go on with one of an earlier life
   */
  async open(record: SessionRecord, agent: Agent, signal: Signal): Promise<void> {
    const { load, resume } = agent.abilities;
    if (load && (record.transcript === undefined || !resume)) return this.#load(record, agent, signal);
    if (!resume) throw this.#cannotLoad(record);
    const answer = await agent.ask(methods.resume, this.#where(record, agent), settingsSchema, {
      signal,
      sessionId: record.id,
    });
    record.openIn = agent;
    record.transcript ??= this.begin(record);
    record.setChoices(choicesIn(answer));
  }

  /** Reads its conversation, if that is not at hand. @throws EngineError `UNSUPPORTED` where the agent does not tell it */
  async read(record: SessionRecord, agent: Agent, signal: Signal): Promise<Transcript> {
    if (record.transcript === undefined && agent.abilities.load) await this.#load(record, agent, signal);
    if (record.transcript === undefined) throw this.#cannotLoad(record);
    return record.transcript;
  }

  /** Has the agent tell the conversation again, from its first word to its last. */
  async replay(record: SessionRecord, agent: Agent, signal: Signal): Promise<void> {
    let isHistory = true;
    const { updatedAt } = record.session;
    const transcript = this.#transcript(
      record,
      () => (isHistory ? updatedAt : Date.now()),
      (event) => {
        if (!isHistory) this.#context.tell(event);
      },
    );
    record.replay = transcript;
    try {
      const options = { signal, sessionId: record.id };
      const answer = await agent.ask(methods.load, this.#where(record, agent), settingsSchema, options);
      // Some answer before they have told all of it.
      await agent.catchUp();
      record.openIn = agent;
      record.setChoices(choicesIn(answer));
      transcript.settle();
      // What was heard here goes before what the agent says of it.
      record.transcript ??= transcript;
    } finally {
      record.replay = undefined;
      isHistory = false;
    }
  }

  #load(record: SessionRecord, agent: Agent, signal: Signal): Promise<void> {
    const loading = this.replay(record, agent, signal);
    record.opening = loading
      .catch(() => {})
      .then(() => {
        record.opening = undefined;
      });
    return loading;
  }

  #transcript(record: SessionRecord, now: () => number, tell = this.#context.tell): Transcript {
    const { terminalOutput } = this.#context;
    return new Transcript({
      sessionId: record.id,
      now,
      tell,
      terminalOutput: (id) => terminalOutput(record.openIn, id),
    });
  }

  #where(record: SessionRecord, agent: Agent) {
    return {
      sessionId: record.id,
      cwd: record.directory,
      mcpServers: mcpServersFor(agent, this.#context.settings),
    };
  }

  #cannotLoad(record: SessionRecord): EngineError {
    const { id: engine, name } = this.#context.settings;
    const message = `${name} does not go on with sessions of an earlier process, and ${record.id} is one. Create a new one.`;
    return new EngineError("UNSUPPORTED", message, { engine, sessionId: record.id });
  }
}
