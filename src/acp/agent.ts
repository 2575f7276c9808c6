import type { ClientContext, RequestPermissionResponse } from "@agentclientprotocol/sdk";
import type { Diagnostic } from "../engine/diagnostics.ts";
import { EngineError, reasonOf } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import { type AgentAbilities, abilitiesOf } from "./abilities.ts";
import { AgentProcess } from "./agent-process.ts";
import { agentStream } from "./agent-stream.ts";
import { registerLocalRequests } from "./local-requests.ts";
import { methods } from "./methods.ts";
import type { AcpSettings } from "./options.ts";
import { fromRpc } from "./rpc-error.ts";
import { initializeSchema } from "./schema.ts";
import { acpSdk } from "./sdk.ts";
import { Terminals } from "./terminals.ts";

/** Who hears what an agent says. */
export interface AgentOwner {
  onMessage(): void;
  onUpdate(agent: Agent, params: unknown): void;
  /** One that is no update of a session. */
  onNotification(method: string, params: unknown): void;
  onPermission(params: unknown, signal: AbortSignal): Promise<RequestPermissionResponse>;
  onTerminalOutput(sessionId: string, terminalId: string): void;
  /** Where a session works; `undefined`: there is none. */
  directoryOf(sessionId: string): string | undefined;
  diagnostic(diagnostic: Diagnostic): void;
}

export interface AskOptions {
  readonly signal?: AbortSignal | undefined;
  readonly sessionId?: string | undefined;
  /** Milliseconds; `undefined`: as long as it takes. Default: the driver's. */
  readonly timeout?: number | undefined;
}

interface Parser<T> {
  parse(value: unknown): T;
}

const UPDATE = "session/update";
const REQUEST_PERMISSION = "session/request_permission";
/** Of the protocol. */
const VERSION = 1;
/** Milliseconds for an agent that does not even say that it has no such method. */
const CATCH_UP_MS = 2_000;
const NAME = "@quantumreef/engine-client";
const anything: Parser<unknown> = { parse: (value) => value };

/** One life of an agent: a process that was started, has introduced itself, and answers requests until it ends. */
export class Agent {
  readonly #settings: AcpSettings;
  readonly #process: AgentProcess;
  readonly #peer: ClientContext;
  readonly #close: () => void;
  readonly #death = new AbortController();
  readonly terminals: Terminals;
  #abilities: AgentAbilities | undefined;
  /** Resolves with how it ended and what it said last, in words. */
  readonly ended: Promise<string>;

  constructor(settings: AcpSettings, owner: AgentOwner) {
    this.#settings = settings;
    this.#process = new AgentProcess(settings);
    this.terminals = new Terminals({ env: settings.env, onOutput: owner.onTerminalOutput });
    const { onMessage, diagnostic } = owner;
    const onNotification = (method: string, params: unknown) => {
      if (method === UPDATE) owner.onUpdate(this, params);
      else owner.onNotification(method, params);
    };
    const stream = agentStream({ ...this.#process.streams, onMessage, onNotification, diagnostic });
    const app = acpSdk()
      .client({ name: NAME })
      .onRequest(REQUEST_PERMISSION, anything.parse, ({ params, signal }) =>
        owner.onPermission(params, signal),
      );
    registerLocalRequests(app, { settings, owner, terminals: this.terminals });
    const connection = app.connect(stream);
    this.#peer = connection.agent;
    this.#close = () => connection.close();
    // It speaks no more, or it can't be understood any more: then it is of no use.
    void connection.closed.then(() => this.#process.stop());
    this.ended = this.#process.ended.then((words) => {
      this.#close();
      this.#death.abort(new EngineError("ENGINE_UNAVAILABLE", `The agent is gone: ${words}`, this.#where()));
      return words;
    });
  }

  /** Is it still there? */
  get lives(): boolean {
    return !this.#death.signal.aborted;
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get abilities(): AgentAbilities {
    if (this.#abilities === undefined) throw new Error("The agent has not introduced itself.");
    return this.#abilities;
  }

  /**
   * Waits until it has introduced itself, and logs in where that was asked for. One that fails is ended.
   * @throws EngineError `PROCESS_FAILED` (it ended), `TIMEOUT` (it says nothing), `UNSUPPORTED` (another version of the
   *   protocol), `INVALID_RESPONSE` (it is no agent), `AUTH_REQUIRED`
   */
  async start(signal: AbortSignal): Promise<void> {
    try {
      await withDeadline(
        this.#settings.startTimeout,
        () => this.#late(),
        [signal],
        (scope) => this.#begin(scope),
      );
    } catch (error) {
      const isDead = !this.lives;
      await this.stop();
      if (isDead && EngineError.is(error, "ENGINE_UNAVAILABLE")) throw await this.#failed(error);
      throw error;
    }
  }

  async #begin(signal: AbortSignal): Promise<void> {
    const { fileAccess, terminals, authMethod } = this.#settings;
    const clientCapabilities = {
      fs: { readTextFile: fileAccess !== "none", writeTextFile: fileAccess === "read-write" },
      terminal: terminals,
      session: { compaction: {}, notices: {} },
    };
    const clientInfo = { name: NAME, version: "1" };
    const params = { protocolVersion: VERSION, clientCapabilities, clientInfo };
    const options = { signal, timeout: undefined };
    const told = await this.ask(methods.initialize, params, initializeSchema, options);
    if (told.protocolVersion !== VERSION) {
      const message = `${this.#settings.name} speaks version ${told.protocolVersion} of the Agent Client Protocol; this package speaks version ${VERSION}.`;
      throw new EngineError("UNSUPPORTED", message, this.#where());
    }
    this.#abilities = abilitiesOf(told);
    if (authMethod !== undefined)
      await this.ask(methods.authenticate, { methodId: authMethod }, anything, options);
  }

  /**
   * Asks something, and reads the answer.
   * @throws EngineError `ENGINE_UNAVAILABLE` (it is gone), `TIMEOUT`, `INVALID_RESPONSE`, or what the agent answered
   */
  async ask<T>(method: string, params: unknown, answer: Parser<T>, options: AskOptions = {}): Promise<T> {
    const { signal, sessionId } = options;
    const timeout = "timeout" in options ? options.timeout : this.#settings.timeout;
    const late = () =>
      new EngineError(
        "TIMEOUT",
        `${this.#settings.name} did not answer ${method} in ${timeout} ms.`,
        this.#where(),
      );
    const asking = async () => {
      try {
        return await this.#peer.request(method, params);
      } catch (error) {
        throw await this.#explained(error, method, sessionId);
      }
    };
    const signals = [signal, this.#death.signal];
    const told = await withDeadline(timeout ?? Number.POSITIVE_INFINITY, late, signals, asking);
    try {
      return answer.parse(told);
    } catch (cause) {
      const message = `${this.#settings.name} answered ${method} with what can't be read: ${reasonOf(cause)}`;
      throw new EngineError("INVALID_RESPONSE", message, { cause, ...this.#where(sessionId) });
    }
  }

  /** Resolves when it has told what it is telling now: it answers in order. Never rejects. */
  async catchUp(): Promise<void> {
    await this.ask(methods.ping, {}, anything, { timeout: CATCH_UP_MS }).catch(() => {});
  }

  /** Tells it something. Never rejects: that it is gone is told by its end. */
  async tell(method: string, params: unknown): Promise<void> {
    await this.#peer.notify(method, params).catch(() => {});
  }

  /** Ends it with all that it started. Never rejects. */
  async stop(): Promise<readonly number[]> {
    const [left] = await Promise.all([this.#process.stop(), this.terminals.close()]);
    await this.ended;
    return left;
  }

  async #explained(error: unknown, method: string, sessionId: string | undefined): Promise<unknown> {
    const isLogin = method === methods.authenticate;
    const asked = { ...this.#where(sessionId), isPrompt: method === methods.prompt, isLogin };
    const known = fromRpc(error, { ...asked, login: this.#howToLogIn(isLogin) });
    if (EngineError.is(known)) return known;
    // The wire broke: how the process ends says why.
    await this.ended;
    return this.#death.signal.reason;
  }

  #howToLogIn(isLogin: boolean): string {
    const { login, authMethod } = this.#settings;
    const ways = (this.#abilities?.authMethods ?? []).map(
      ({ id, name }) => `${JSON.stringify(id)} (${name})`,
    );
    const choose = `Choose one of its ways with the option authMethod: ${ways.join(", ")}.`;
    // The way that was chosen is not the matter, unless it is what was refused.
    const isToChoose = ways.length > 0 && (authMethod === undefined || isLogin);
    return [login, isToChoose ? choose : ""].filter(Boolean).join(" ");
  }

  #late(): EngineError {
    const { name, startTimeout } = this.#settings;
    const { said } = this.#process;
    const last = said === "" ? "" : ` It said last:\n${said}`;
    const message = `${name} was started and said nothing for ${startTimeout} ms.${last}`;
    return new EngineError("TIMEOUT", message, this.#where());
  }

  async #failed(cause: unknown): Promise<EngineError> {
    const { install } = this.#settings;
    const message = [`${this.#settings.name} can't be used: ${await this.ended}`, install];
    return new EngineError("PROCESS_FAILED", message.filter(Boolean).join("\n"), { cause, ...this.#where() });
  }

  #where(sessionId?: string) {
    return { engine: this.#settings.id, sessionId };
  }
}
