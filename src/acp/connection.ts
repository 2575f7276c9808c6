import type { ConnectOptions, DriverItem, EngineConnection } from "../engine/driver.ts";
import type { DirectoryCall } from "../engine/driver-requests.ts";
import { EngineError } from "../engine/errors.ts";
import { withDeadline } from "../engine/scope.ts";
import { type Channel, createChannel } from "../stream/channel.ts";
import type { Agent } from "./agent.ts";
import { agentsOf, modelsOf } from "./choices.ts";
import { methods } from "./methods.ts";
import { sessionListSchema } from "./schema.ts";
import type { SessionRecord } from "./session-record.ts";
import type { AcpState } from "./state.ts";

/** Milliseconds for an agent to tell its commands, which it does after it has made a session. */
const COMMANDS_MS = 2_000;
/** Milliseconds for the answer that says that it is well. */
const HEALTH_MS = 4_500;

/** One life of the wire to an agent. It ends with the agent's process; what is asked after that starts another. */
export async function connectAgent(
  state: AcpState,
  { signal, report }: ConnectOptions,
): Promise<EngineConnection> {
  const { settings, sessions, turns, permissions, host } = state;
  const streams = new Set<Channel<DriverItem>>();
  const release = host.hold();
  /** It did not answer when it was asked whether it is well. */
  let hung: Agent | undefined;
  const leave = state.join({
    tell(event) {
      for (const stream of streams) stream.push({ event });
    },
    diagnostic: report.diagnostic,
    alive: () => report.alive(),
    ended(words) {
      const message = `The agent is gone: ${words}`;
      const error = new EngineError("ENGINE_UNAVAILABLE", message, { engine: settings.id });
      for (const stream of streams) stream.fail(error);
      streams.clear();
    },
  });
  const close = async (): Promise<void> => {
    for (const stream of streams) await stream.return();
    // One that hangs would hold its turns for ever.
    await Promise.all([release(), hung?.stop()]);
    leave();
  };
  const abilities = await host
    .use(signal, async (agent) => agent.abilities)
    .catch(async (error: unknown) => {
      await close();
      throw error;
    });
  /** Does something with a session that there is. */
  const withSession = <T>(
    sessionId: string,
    scope: AbortSignal | undefined,
    work: (record: SessionRecord, agent: Agent) => Promise<T>,
  ): Promise<T> =>
    host.use(scope, async (agent) => work(await sessions.need(sessionId, agent, scope), agent));
  /** Does something with a session that can be asked what there is to choose from. */
  const withSample = <T>(
    { workingDirectory, signal: scope }: DirectoryCall,
    work: (record: SessionRecord) => T | Promise<T>,
  ): Promise<T> =>
    host.use(scope, async (agent) => work(await sessions.sample(agent, workingDirectory, scope)));

  return {
    version: abilities.version,
    capabilities: { ...state.capabilities, deleteSession: abilities.delete },
    // It may have ended while nobody listened: then it is started again.
    events: (options) =>
      host.use(options.signal, async () => {
        const stream = createChannel<DriverItem>({
          limit: Number.MAX_SAFE_INTEGER,
          signal: options.signal,
          onReturn: () => streams.delete(stream),
        });
        streams.add(stream);
        return stream;
      }),
    close,
    async health(call) {
      const began = performance.now();
      await host.use(call.signal, async (agent) => {
        await isWell(agent, call.signal).catch((error: unknown) => {
          if (EngineError.is(error, "TIMEOUT")) hung = agent;
          throw error;
        });
        hung = undefined;
      });
      return { ok: true, latencyMs: performance.now() - began };
    },
    snapshot: ({ sessionIds, withMessages, signal: scope }) =>
      host.use(scope, async (agent) => {
        const wanted = new Set(withMessages);
        const isAnyUnknown = sessionIds?.some((id) => sessions.get(id) === undefined) !== false;
        if (isAnyUnknown) await sessions.list(agent, scope);
        for (const id of sessionIds ?? []) await sessions.seek(id, agent, scope);
        const asked = sessionIds && new Set(sessionIds);
        const found = [...sessions].filter(({ id, isSpare }) => !isSpare && asked?.has(id) !== false);
        // An agent that does not tell it has none: what is known of the session is all.
        for (const one of found)
          if (wanted.has(one.id)) await sessions.read(one, agent, scope).catch(ignoreUnsupported);
        return found.map((one) => one.snapshot(wanted.has(one.id)));
      }),
    createSession: (options) =>
      host.use(options.signal, async (agent) => {
        const { session } = await sessions.create(agent, options);
        state.tell({ type: "session_created", session });
        return session;
      }),
    messages: (sessionId, call) =>
      withSession(sessionId, call.signal, async (record, agent) =>
        (await sessions.read(record, agent, call.signal)).list(),
      ),
    prompt: (request) =>
      withSession(request.sessionId, request.signal, (record, agent) => turns.begin(record, agent, request)),
    abort: (sessionId, call) => withSession(sessionId, call.signal, (record) => turns.cancel(record)),
    deleteSession: (sessionId, call) =>
      withSession(sessionId, call.signal, async (record, agent) => {
        await turns.cancel(record);
        await sessions.delete(sessionId, agent, call.signal);
      }),
    todo: (sessionId, call) => withSession(sessionId, call.signal, async (record) => record.todos),
    listPermissions: async () => [...sessions].flatMap((one) => one.snapshot(false).permissions ?? []),
    replyPermission: async (reply) => {
      permissions.reply(reply);
      if (reply.message !== undefined) state.notTaken("message");
    },
    listModels: (call) => withSample(call, ({ choices, contextSize }) => modelsOf(choices, contextSize)),
    listAgents: (call) => withSample(call, ({ choices }) => agentsOf(choices)),
    listCommands: (call) =>
      withSample(call, async (one) => {
        const late = () => new EngineError("TIMEOUT", "The agent told no commands.");
        // One that has none need not say so.
        await withDeadline(COMMANDS_MS, late, [call.signal], () => one.commandsTold.promise).catch(
          (error: unknown) => {
            if (!EngineError.is(error, "TIMEOUT")) throw error;
          },
        );
        return one.commands ?? [];
      }),
  };
}

/** @throws EngineError `TIMEOUT`, `ENGINE_UNAVAILABLE` */
async function isWell(agent: Agent, signal: AbortSignal | undefined): Promise<void> {
  const options = { signal, timeout: HEALTH_MS };
  if (agent.abilities.list) return void (await agent.ask(methods.list, {}, sessionListSchema, options));
  try {
    await agent.ask(methods.ping, {}, { parse: (value) => value }, options);
  } catch (error) {
    if (EngineError.is(error, "UNSUPPORTED") || EngineError.is(error, "INVALID_REQUEST")) return;
    throw error;
  }
}

function ignoreUnsupported(error: unknown): void {
  if (!EngineError.is(error, "UNSUPPORTED")) throw error;
}
