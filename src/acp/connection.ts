import type { ConnectOptions, DriverItem, EngineConnection } from "../engine/driver.ts";
import type { DriverEvent } from "../engine/driver-events.ts";
import { EngineError } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import type { Agent } from "./agent.ts";
import { AgentHost } from "./agent-host.ts";
import { agentsOf, modelsOf } from "./choices.ts";
import { sessionListSchema } from "./schema.ts";
import type { AcpState } from "./state.ts";

/** Milliseconds for an agent to tell its commands, which it does after it has made a session. */
const COMMANDS_MS = 2_000;
/** Milliseconds for the answer that says that it is well. */
const HEALTH_MS = 4_500;
/** A method that nobody has: to say so an agent must be well. */
const PING = "_quantumreef/ping";

/** One life of the wire to an agent. It ends with the agent's process; what is asked after that starts another. */
export async function connectAgent(
  state: AcpState,
  { signal, report }: ConnectOptions,
): Promise<EngineConnection> {
  const { settings, sessions, turns, permissions } = state;
  const streams = new Set<Channel<DriverItem>>();
  const tell = (event: DriverEvent): void => {
    for (const stream of streams) stream.push({ event });
  };
  const host = new AgentHost(settings, {
    ...state.handlers,
    onMessage: () => report.alive(),
    diagnostic: report.diagnostic,
    onEnded(agent, words) {
      state.agentEnded(agent, words);
      const message = `The agent is gone: ${words}`;
      for (const stream of streams)
        stream.fail(new EngineError("ENGINE_UNAVAILABLE", message, { engine: settings.id }));
      streams.clear();
    },
  });
  const leave = state.join({ tell, diagnostic: report.diagnostic, close: () => host.close() });
  const close = async (): Promise<void> => {
    for (const stream of streams) await stream.return();
    await host.close();
    leave();
  };
  const first = await host.agent(signal).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  const record = async (sessionId: string, scope: AbortSignal | undefined) => {
    const agent = await host.agent(scope);
    return { agent, record: await sessions.need(sessionId, agent, scope) };
  };
  const sample = async (directory: string | undefined, scope: AbortSignal | undefined) =>
    sessions.sample(await host.agent(scope), directory, scope);

  return {
    version: first.abilities.version,
    capabilities: { ...state.capabilities, deleteSession: first.abilities.delete },
    async events(options) {
      // It may have ended while nobody listened.
      await host.agent(options.signal);
      const stream = createChannel<DriverItem>({
        limit: Number.MAX_SAFE_INTEGER,
        signal: options.signal,
        onReturn: () => streams.delete(stream),
      });
      streams.add(stream);
      return stream;
    },
    close,
    async health(call) {
      const began = performance.now();
      const agent = await host.agent(call.signal);
      await isWell(agent, call.signal);
      return { ok: true, latencyMs: performance.now() - began };
    },
    async snapshot({ sessionIds, withMessages, signal: scope }) {
      const agent = await host.agent(scope);
      const wanted = new Set(withMessages);
      const unknown = sessionIds?.some((id) => sessions.get(id) === undefined) !== false;
      const listed = unknown ? await sessions.list(agent, scope) : [...sessions];
      const asked = new Set(sessionIds ?? listed.map(({ id }) => id));
      const found = listed.filter(({ id, isSpare }) => !isSpare && asked.has(id));
      // An agent that does not tell it has none: what is known of the session is all.
      for (const one of found)
        if (wanted.has(one.id)) await sessions.read(one, agent, scope).catch(ignoreUnsupported);
      return found.map((one) => one.snapshot(wanted.has(one.id)));
    },
    async createSession(options) {
      const { session } = await sessions.create(await host.agent(options.signal), options);
      if (options.systemPrompt !== undefined) state.notTaken("systemPrompt");
      tell({ type: "session_created", session });
      return session;
    },
    async messages(sessionId, call) {
      const found = await record(sessionId, call.signal);
      return (await sessions.read(found.record, found.agent, call.signal)).list();
    },
    async prompt(request) {
      const found = await record(request.sessionId, request.signal);
      return turns.begin(found.record, found.agent, request);
    },
    async abort(sessionId, call) {
      const found = await record(sessionId, call.signal);
      await turns.cancel(found.record);
    },
    async deleteSession(sessionId, call) {
      const found = await record(sessionId, call.signal);
      await turns.cancel(found.record);
      await sessions.delete(sessionId, found.agent, call.signal);
    },
    todo: async (sessionId, call) => (await record(sessionId, call.signal)).record.todos,
    listPermissions: async () => [...sessions].flatMap((one) => one.snapshot(false).permissions ?? []),
    replyPermission: async (reply) => {
      permissions.reply(reply);
      if (reply.message !== undefined) state.notTaken("message");
    },
    async listModels(call) {
      const { choices, contextSize } = await sample(call.workingDirectory, call.signal);
      return modelsOf(choices, contextSize);
    },
    listAgents: async (call) => agentsOf((await sample(call.workingDirectory, call.signal)).choices),
    async listCommands(call) {
      const one = await sample(call.workingDirectory, call.signal);
      const late = () => new EngineError("TIMEOUT", "The agent told no commands.");
      // One that has none need not say so.
      await withDeadline(COMMANDS_MS, late, [call.signal], () => one.commandsTold.promise).catch(
        (error: unknown) => {
          if (!EngineError.is(error, "TIMEOUT")) throw error;
        },
      );
      return one.commands ?? [];
    },
  };
}

/** @throws EngineError `TIMEOUT`, `ENGINE_UNAVAILABLE` */
async function isWell(agent: Agent, signal: AbortSignal | undefined): Promise<void> {
  const options = { signal, timeout: HEALTH_MS };
  if (agent.abilities.list) return void (await agent.ask("session/list", {}, sessionListSchema, options));
  try {
    await agent.ask(PING, {}, { parse: (value) => value }, options);
  } catch (error) {
    if (EngineError.is(error, "UNSUPPORTED") || EngineError.is(error, "INVALID_REQUEST")) return;
    throw error;
  }
}

function ignoreUnsupported(error: unknown): void {
  if (!EngineError.is(error, "UNSUPPORTED")) throw error;
}
