import { isAbsolute } from "node:path";
import type { CreateSessionOptions } from "../engine/call-options.ts";
import type { Diagnostic } from "../engine/diagnostics.ts";
import { EngineError } from "../engine/errors.ts";
import { scoped } from "../engine/scope.ts";
import type { Agent } from "./agent.ts";
import { choicesIn } from "./choices.ts";
import { Conversations, type ConversationsContext } from "./conversations.ts";
import { EarlyUpdates } from "./early-updates.ts";
import { mcpServersFor } from "./mcp-servers.ts";
import { methods } from "./methods.ts";
import { ignoreDenial } from "./rpc-error.ts";
import { newSessionSchema } from "./schema.ts";
import { listAllSessions, takeListed } from "./session-list.ts";
import { SessionRecord } from "./session-record.ts";
import { applyWishes } from "./session-settings.ts";
import type { Transcript } from "./transcript.ts";

export interface SessionsContext extends ConversationsContext {
  diagnostic(diagnostic: Diagnostic): void;
  /** Takes in an update of a session that is known. */
  take(record: SessionRecord, kind: string, raw: unknown): void;
}

type Signal = AbortSignal | undefined;

interface Sought {
  readonly record: SessionRecord;
  /** Resolves when it is known whether it is there. */
  readonly found: Promise<void>;
}

/** The sessions of an agent, as far as they are known here. They outlive its process. */
export class Sessions {
  readonly #context: SessionsContext;
  readonly #conversations: Conversations;
  /** Those used last come last. */
  readonly #records = new Map<string, SessionRecord>();
  readonly #early = new EarlyUpdates();
  /** Those that nobody has told of, until it is known whether they are there. */
  readonly #sought = new Map<string, Sought>();

  constructor(context: SessionsContext) {
    this.#context = context;
    this.#conversations = new Conversations(context);
  }

  [Symbol.iterator](): Iterator<SessionRecord> {
    return this.#records.values();
  }

  get(sessionId: string): SessionRecord | undefined {
    return this.#records.get(sessionId);
  }

  /** An update; of a session whose creation was not answered yet it waits. */
  update(sessionId: string, kind: string, raw: unknown): void {
    const record = this.#records.get(sessionId) ?? this.#sought.get(sessionId)?.record;
    if (record !== undefined) this.#context.take(record, kind, raw);
    else if (!this.#early.keep(sessionId, { kind, raw }))
      this.#context.tell({ type: "unknown", sessionId, name: kind, raw });
  }

  /** @throws EngineError `SESSION_NOT_FOUND` */
  async need(sessionId: string, agent: Agent, signal: Signal): Promise<SessionRecord> {
    if (!this.#records.has(sessionId)) {
      await this.list(agent, signal);
      await this.seek(sessionId, agent, signal);
    }
    const found = this.#records.get(sessionId);
    if (found !== undefined && !found.isSpare) return found;
    const { id: engine, name } = this.#context.settings;
    throw new EngineError("SESSION_NOT_FOUND", `${name} has no session ${sessionId}.`, { engine, sessionId });
  }

  async create(agent: Agent, options: CreateSessionOptions): Promise<SessionRecord> {
    const { settings } = this.#context;
    const { title, model, workingDirectory = settings.cwd, signal } = options;
    if (!isAbsolute(workingDirectory)) {
      const message = `The working directory of a session must be absolute: ${workingDirectory}`;
      throw new EngineError("INVALID_REQUEST", message, { engine: settings.id });
    }
    const record =
      this.#spareIn(workingDirectory, agent) ?? (await this.#new(agent, workingDirectory, signal));
    record.isSpare = false;
    if (model !== undefined) {
      await applyWishes(record, agent, { model }, { engine: settings.id, signal });
      const current = record.choices.model?.current ?? model;
      record.base.set("model", current);
      record.session = { ...record.session, model: current };
    }
    if (title !== undefined) record.hasOwnTitle = true;
    const now = Date.now();
    record.session = {
      ...record.session,
      title: title ?? record.session.title,
      createdAt: now,
      updatedAt: now,
    };
    return record;
  }

  /** One that can be asked what there is to choose from: the one used last there, else a new one, which nobody sees. */
  async sample(agent: Agent, directory: string | undefined, signal: Signal): Promise<SessionRecord> {
    const wanted = directory ?? this.#context.settings.cwd;
    const known = [...this.#records.values()].findLast(
      (record) => record.openIn === agent && record.directory === wanted,
    );
    if (known !== undefined) return known;
    const record = await this.#new(agent, wanted, signal);
    record.isSpare = true;
    return record;
  }

  /** Every session: those of the agent's own list, and those that are known besides. */
  async list(agent: Agent, signal: Signal): Promise<readonly SessionRecord[]> {
    if (agent.abilities.list) {
      for (const info of await listAllSessions(agent, this.#context.diagnostic, signal))
        takeListed(this.#records, info);
    }
    return [...this.#records.values()].filter(({ isSpare }) => !isSpare);
  }

  /** Of an agent that loads sessions and lists none: whether there is one shows when it is loaded. */
  async seek(sessionId: string, agent: Agent, signal: Signal): Promise<void> {
    const { list, load } = agent.abilities;
    if (this.#records.has(sessionId) || list || !load) return;
    // Several may wait for it: nobody's signal ends it for the others.
    const { found } = this.#sought.get(sessionId) ?? this.#seek(sessionId, agent);
    await scoped([signal], () => found);
  }

  /**
   * Sees to it that this life of the agent knows the session.
   * @throws EngineError `UNSUPPORTED` where it can't go on with one of an earlier life
   */
  async open(record: SessionRecord, agent: Agent, signal: Signal): Promise<void> {
    await record.opening;
    this.#used(record);
    if (record.openIn === agent) return;
    await this.#conversations.open(record, agent, signal);
    this.trim(agent);
  }

  /** Its conversation. @throws EngineError `UNSUPPORTED` where it is not at hand and the agent does not tell it */
  async read(record: SessionRecord, agent: Agent, signal: Signal): Promise<Transcript> {
    await record.opening;
    this.#used(record);
    const transcript = await this.#conversations.read(record, agent, signal);
    this.trim(agent);
    return transcript;
  }

  /** @throws EngineError `SESSION_NOT_FOUND` */
  async delete(sessionId: string, agent: Agent, signal: Signal): Promise<void> {
    await this.need(sessionId, agent, signal);
    await agent.ask(methods.delete, { sessionId }, anything, { signal, sessionId });
    this.#records.delete(sessionId);
    this.#context.tell({ type: "session_deleted", sessionId });
  }

  /** Conversations that take too much memory are let go, those not used for the longest first. */
  trim(agent: Agent): void {
    const { keep } = this.#context.settings;
    let total = 0;
    for (const record of [...this.#records.values()].toReversed()) {
      total += record.transcript?.size ?? 0;
      if (total <= keep || record.transcript === undefined || record.turn !== undefined || record.isTaken)
        continue;
      total -= record.transcript.size;
      record.transcript = undefined;
      this.#letGo(record, agent);
    }
  }

  #letGo(record: SessionRecord, agent: Agent): void {
    const sessionId = record.id;
    const { load, close } = agent.abilities;
    if (!load) {
      const message = `The conversation of ${sessionId} is no longer kept, and its agent does not tell it again.`;
      this.#context.diagnostic({ level: "warning", code: "conversation_dropped", message, sessionId });
      record.transcript = this.#conversations.begin(record);
    } else if (close && record.openIn === agent) {
      record.openIn = undefined;
      void agent.ask(methods.close, { sessionId }, anything, { sessionId }).catch(() => {});
    }
  }

  #seek(sessionId: string, agent: Agent): Sought {
    const record = newRecord(sessionId, this.#context.settings.cwd);
    const found = this.#conversations
      .replay(record, agent, undefined)
      .then(() => void this.#records.set(sessionId, record), ignoreDenial)
      .finally(() => this.#sought.delete(sessionId));
    const sought = { record, found };
    this.#sought.set(sessionId, sought);
    return sought;
  }

  async #new(agent: Agent, cwd: string, signal: Signal): Promise<SessionRecord> {
    const done = this.#early.begin();
    try {
      const asked = { cwd, mcpServers: mcpServersFor(agent, this.#context.settings) };
      const answer = await agent.ask(methods.newSession, asked, newSessionSchema, { signal });
      const record = newRecord(answer.sessionId, cwd);
      record.openIn = agent;
      record.transcript = this.#conversations.begin(record);
      record.setChoices(choicesIn(answer));
      this.#records.set(record.id, record);
      for (const { kind, raw } of this.#early.take(record.id)) this.#context.take(record, kind, raw);
      return record;
    } finally {
      done();
    }
  }

  #spareIn(directory: string, agent: Agent): SessionRecord | undefined {
    return [...this.#records.values()].find(
      (record) => record.isSpare && record.openIn === agent && record.directory === directory,
    );
  }

  #used(record: SessionRecord): void {
    this.#records.delete(record.id);
    this.#records.set(record.id, record);
  }
}

function newRecord(id: string, workingDirectory: string): SessionRecord {
  const now = Date.now();
  return new SessionRecord({ id, title: "", createdAt: now, updatedAt: now, workingDirectory });
}

const anything = { parse: (value: unknown) => value };
