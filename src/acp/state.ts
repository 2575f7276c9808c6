import type { EngineCapabilities } from "../engine/capabilities.ts";
import { noCapabilities } from "../engine/capabilities.ts";
import type { Diagnostic } from "../engine/diagnostics.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import type { Agent } from "./agent.ts";
import { AgentHost } from "./agent-host.ts";
import type { AcpSettings } from "./options.ts";
import { Permissions } from "./permissions.ts";
import { notificationSchema } from "./schema.ts";
import { applyWishes } from "./session-settings.ts";
import { Sessions } from "./sessions.ts";
import { Turns } from "./turns.ts";
import { takeUpdate } from "./updates.ts";

/** Who hears what happens, as long as it is connected. */
export interface Member {
  tell(event: DriverEvent): void;
  diagnostic(diagnostic: Diagnostic): void;
  /** The agent said something. */
  alive(): void;
  /** The agent is gone, with how it ended. */
  ended(words: string): void;
}

/** What a prompt or a reply may say that the protocol has no place for. */
type NotTaken = "systemPrompt" | "maxTokens" | "temperature" | "message";

/** What of a driver outlives its connections. */
export class AcpState {
  readonly settings: AcpSettings;
  readonly sessions: Sessions;
  readonly turns: Turns;
  readonly permissions: Permissions;
  readonly host: AgentHost;
  /** What there is to choose from is told by session, so that nobody knows before. */
  readonly capabilities: EngineCapabilities = {
    ...noCapabilities,
    permissions: true,
    todo: true,
    models: true,
    agents: true,
    variants: true,
    commands: true,
  };
  readonly #members = new Set<Member>();
  readonly #toldNotTaken = new Set<NotTaken>();

  constructor(settings: AcpSettings) {
    this.settings = settings;
    const { id: engine } = settings;
    const tell = (event: DriverEvent): void => this.tell(event);
    const diagnostic = (told: Diagnostic): void => {
      for (const member of this.#members) member.diagnostic(told);
    };
    this.sessions = new Sessions({
      settings,
      tell,
      diagnostic,
      take: (record, kind, raw) => takeUpdate(record, kind, raw, { tell, diagnostic }),
      terminalOutput: (agent, terminalId) => agent?.terminals.textOf(terminalId),
    });
    const { sessions } = this;
    this.permissions = new Permissions({
      engine,
      find: (sessionId) => sessions.get(sessionId),
      records: () => sessions,
      tell,
    });
    this.turns = new Turns({
      engine,
      permissions: this.permissions,
      tell,
      hold: () => this.host.hold(),
      prepare: async (record, agent, { model, agent: mode, variant, signal, ...request }) => {
        for (const name of ["systemPrompt", "maxTokens", "temperature"] as const)
          if (request[name] !== undefined && request[name] !== "") this.notTaken(name);
        await sessions.open(record, agent, signal);
        await applyWishes(record, agent, { model, agent: mode, variant }, { engine, signal });
      },
      onEnded: (record) => record.openIn && sessions.trim(record.openIn),
      ignored: (sessionId) => {
        const message = "The agent was told to cancel a turn and did not end it: it is over for this client.";
        diagnostic({ level: "warning", code: "cancel_ignored", message, sessionId });
      },
    });
    this.host = new AgentHost(settings, {
      onMessage: () => {
        for (const member of this.#members) member.alive();
      },
      onUpdate: (agent, params) => this.#update(agent, params, diagnostic),
      onNotification: (name, raw) => tell({ type: "unknown", name, raw }),
      onPermission: (params, signal) => this.permissions.ask(params, signal),
      onTerminalOutput: (sessionId, terminalId) =>
        sessions.get(sessionId)?.transcript?.toolCalls.terminalGrew(terminalId),
      directoryOf: (sessionId) => sessions.get(sessionId)?.directory,
      diagnostic,
      onEnded: (agent, words) => {
        this.#agentEnded(agent, words);
        for (const member of this.#members) member.ended(words);
      },
    });
  }

  tell(event: DriverEvent): void {
    for (const member of this.#members) member.tell(event);
  }

  /** Hears everything until the returned function is called. */
  join(member: Member): () => void {
    this.#members.add(member);
    return () => this.#members.delete(member);
  }

  /** An agent is gone, and what it worked on is lost. */
  #agentEnded(agent: Agent, words: string): void {
    for (const record of this.sessions) {
      if (record.openIn === agent) record.openIn = undefined;
      this.turns.lose(record, agent, words);
    }
  }

  /** Told once for each, not with every prompt. */
  notTaken(name: NotTaken): void {
    if (this.#toldNotTaken.has(name)) return;
    this.#toldNotTaken.add(name);
    const what = name === "message" ? "The message of a denied permission" : `The option ${name} of a prompt`;
    const message = `${what} is left out: the Agent Client Protocol has no place for it.`;
    for (const member of this.#members)
      member.diagnostic({ level: "warning", code: "option_ignored", message });
  }

  #update(agent: Agent, params: unknown, diagnostic: (told: Diagnostic) => void): void {
    const told = notificationSchema.safeParse(params);
    if (!told.success) {
      const message = `An update of the agent could not be read, and was left out: ${told.error.message}`;
      diagnostic({ level: "warning", code: "malformed_event", message });
      return;
    }
    const { sessionId, update } = told.data;
    const record = this.sessions.get(sessionId);
    // The last words of an agent that is gone must not change what became of its turns.
    if (record?.openIn !== undefined && record.openIn !== agent) return;
    this.sessions.update(sessionId, update.sessionUpdate, update);
  }
}
