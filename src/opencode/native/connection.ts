import type { CreateSessionOptions } from "../../engine/call-options.ts";
import type { EngineCapabilities } from "../../engine/capabilities.ts";
import type { DriverReport, EngineConnection } from "../../engine/driver.ts";
import type { DriverSession } from "../../engine/driver-events.ts";
import type { PermissionReply, PromptReceipt, PromptRequest } from "../../engine/driver-requests.ts";
import { EngineError } from "../../engine/errors.ts";
import { listAgents } from "./agents.ts";
import { NativeCommands } from "./commands.ts";
import { decodeMessage, decodeSession, decodeTodo } from "./decode.ts";
import { mintMessageId } from "./ids.ts";
import { listen } from "./listen.ts";
import { nativeMcp } from "./mcp.ts";
import { McpTools } from "./mcp-tools.ts";
import { NativeModels } from "./models.ts";
import { NativePermissions } from "./permissions.ts";
import { promptBody, toParts } from "./prompt-body.ts";
import { type ChoiceOptions, PromptChoice } from "./prompt-choice.ts";
import { NativeQuestions } from "./questions.ts";
import { messageDecoder, messagesDecoder, sessionDecoder, sessionsDecoder } from "./read-wire.ts";
import { revertSession, unrevertSession } from "./revert.ts";
import { REVIEW_EDITS, SessionRules } from "./rules/session-rules.ts";
import { healthSchema } from "./schema/server.ts";
import { todosSchema } from "./schema/session.ts";
import { forkSession, updateSession } from "./session-changes.ts";
import { readSessionPage, withStatus } from "./session-pages.ts";
import { NativeSessions } from "./sessions.ts";
import { readSnapshot } from "./snapshot.ts";
import { summarize } from "./summarize.ts";
import { readTurnDiff } from "./turn-diff.ts";

export const nativeCapabilities: EngineCapabilities = {
  storeMessage: true,
  urlAttachments: false,
  permissions: true,
  reviewEdits: true,
  promptTools: true,
  diff: true,
  summarize: true,
  questions: true,
  updateSession: true,
  unarchive: false,
  deleteSession: true,
  fork: true,
  revert: true,
  todo: true,
  mcp: true,
  models: true,
  commands: true,
  providers: true,
  agents: true,
  variants: true,
  request: true,
};

/** Options of a prompt that it does not take, and what to do instead. */
const IGNORED: readonly (readonly [option: keyof PromptRequest, advice: string])[] = [
  ["maxTokens", "set it in the engine's configuration"],
  ["temperature", "set it in the engine's configuration"],
  ["messageId", "it orders messages by ids that have to follow each other"],
];

export interface NativeOptions extends ChoiceOptions {
  readonly version: string;
  readonly report: DriverReport;
  /** Where sessions are created by default. */
  readonly workingDirectory?: string | undefined;
  readonly reviewEdits: boolean;
  /** Milliseconds until the event stream must have begun. */
  readonly connectTimeout: number;
}

/** One life of the wire to `opencode serve`, in its own dialect. */
export function createNativeConnection(options: NativeOptions): EngineConnection {
  const { http, version, report, workingDirectory, reviewEdits } = options;
  const life = new AbortController();
  const sessions = new NativeSessions(http, report, workingDirectory);
  const rules = new SessionRules(http, sessions);
  const permissions = new NativePermissions(http, sessions, rules, report);
  const questions = new NativeQuestions(http, sessions);
  const models = new NativeModels(http);
  const commands = new NativeCommands(http, sessions, life.signal);
  const mcpTools = new McpTools(http, sessions, report);
  const choice = new PromptChoice(options, sessions, models);
  const toldOnce = new Set<string>();

  const createSession = async (create: CreateSessionOptions): Promise<DriverSession> => {
    const { title, systemPrompt, signal } = create;
    const directory = create.workingDirectory ?? workingDirectory;
    const model = await choice.modelOfSession(create.model, directory, signal);
    const review = create.reviewEdits ?? reviewEdits;
    const body = {
      ...(title === undefined ? {} : { title }),
      ...(model && { model: { providerID: model.providerID, id: model.modelID } }),
      // The engine keeps no system prompt, but takes one with every prompt: so every client can find it.
      ...(systemPrompt && { metadata: { systemPrompt } }),
      // By default the engine writes files without asking.
      ...(review && { permission: REVIEW_EDITS }),
    };
    const { value } = await http.json("POST", "/session", sessionDecoder, {
      query: { directory },
      body,
      signal,
    });
    sessions.saw(value.id, value.directory ?? undefined);
    return decodeSession(value);
  };

  const prompt = async (request: PromptRequest): Promise<PromptReceipt> => {
    const { sessionId, content, systemPrompt: system, toolsOff, signal } = request;
    const path = sessions.path(sessionId);
    for (const [option, advice] of IGNORED) {
      if (request[option] === undefined || toldOnce.has(option)) continue;
      toldOnce.add(option);
      const message = `OpenCode takes no ${option} with a prompt; ${advice}.`;
      report.diagnostic({ level: "warning", code: "option_ignored", message, sessionId });
    }
    const newMessageId = async () =>
      mintMessageId(request.newestMessageId ?? (await sessions.newestMessageId(sessionId, signal)));
    const [messageID, chosen] = await Promise.all([
      request.sendAs ?? newMessageId(),
      choice.ofPrompt(request),
      request.command && commands.require(request.command.name, sessionId, signal),
    ]);
    const body = { ...promptBody(content, messageID), ...chosen, ...(system && { system }) };
    if (toolsOff !== undefined) {
      // Under the ids of the prompt: it is still one message, and the model does not run yet. Without its files: the
      // engine would add what is in them once more.
      const store = { ...body, parts: body.parts.filter(({ type }) => type === "text"), noReply: true };
      const replace = (name: string) =>
        http.send("POST", `${path}/message`, { body: { ...store, tools: { [name]: false } }, signal });
      await rules.turnOff(sessionId, toolsOff, replace, signal);
    }
    if (request.command !== undefined) return commands.run(request.command, request, body, chosen);
    const accepted = http.send("POST", `${path}/prompt_async`, { body, signal });
    return { turnId: messageID, sentAs: messageID, accepted };
  };

  return {
    version,
    capabilities: nativeCapabilities,
    keepsEvents: true,
    events: ({ signal }) => listen(options, sessions.saw, mcpTools, [signal, life.signal]),
    async close() {
      life.abort(new EngineError("ENGINE_UNAVAILABLE", "The connection was closed.", { engine: "opencode" }));
    },
    async health({ signal }) {
      const started = performance.now();
      const { value } = await http.json("GET", "/global/health", healthSchema, { signal });
      const error = value.healthy ? {} : { error: "OpenCode says that it is not healthy." };
      return { ok: value.healthy, latencyMs: performance.now() - started, ...error };
    },
    snapshot: (request) => readSnapshot(request, { sessions, permissions, questions, mcpTools }),
    createSession,
    prompt,
    async messages(sessionId, { signal }) {
      const { value } = await http.json("GET", `${sessions.path(sessionId)}/message`, messagesDecoder, {
        signal,
      });
      // Older releases have no messages of what never was there.
      if (value.length === 0) await sessions.get(sessionId, signal);
      return mcpTools.markAll(sessionId, value.map(decodeMessage), signal);
    },
    async abort(sessionId, { signal }) {
      const isKnown = sessions.knownDirectoryOf(sessionId) !== undefined;
      await http.send("POST", `${sessions.path(sessionId)}/abort`, { signal });
      // The engine says that it has stopped what never was there; older releases even tell that it is idle now.
      if (!isKnown) await sessions.get(sessionId, signal);
    },
    async storeMessage(sessionId, content, { signal }) {
      const body = { parts: toParts(content), noReply: true };
      const path = `${sessions.path(sessionId)}/message`;
      return decodeMessage((await http.json("POST", path, messageDecoder, { body, signal })).value);
    },
    listSessions: (request) => readSessionPage(request, sessions),
    async children(sessionId, { signal }) {
      const path = `${sessions.path(sessionId)}/children`;
      const { value } = await http.json("GET", path, sessionsDecoder, { signal });
      const directory = await sessions.directoryOf(sessionId, signal);
      return withStatus(value, directory, sessions, signal);
    },
    updateSession: (sessionId, changes, call) => updateSession(sessionId, changes, http, sessions, call),
    async deleteSession(sessionId, { signal }) {
      // Older releases say that they have deleted what never was there.
      await sessions.get(sessionId, signal);
      const path = sessions.path(sessionId);
      // What waits for a person there would wait for ever, and the session that is gone would stay at work.
      await http.send("POST", `${path}/abort`, { signal });
      await http.send("DELETE", path, { signal });
    },
    async forkSession(sessionId, call) {
      const forked = await forkSession(sessionId, http, sessions, call);
      if (!(await rules.copy(sessionId, forked.id, call.signal))) {
        const message = `This release of OpenCode keeps no rules in copies: ${forked.id} does not review edits, nor keep what was allowed.`;
        report.diagnostic({ level: "warning", code: "rules_not_kept", message, sessionId: forked.id });
      }
      return forked;
    },
    revertSession: (sessionId, call) => revertSession(sessionId, http, sessions, call),
    unrevertSession: (sessionId, call) => unrevertSession(sessionId, http, sessions, call),
    async todo(sessionId, { signal }) {
      const { value } = await http.json("GET", `${sessions.path(sessionId)}/todo`, todosSchema, { signal });
      return value.map(decodeTodo);
    },
    async listQuestions({ signal }) {
      const list = await questions.list(sessions.directories(), signal);
      if (list !== undefined) return list;
      const message =
        'This release of OpenCode can\'t list what its model asks: it lacks the capability "questions".';
      throw new EngineError("UNSUPPORTED", message, { engine: "opencode" });
    },
    replyQuestion: (reply) => questions.reply(reply),
    listPermissions: ({ signal }) => permissions.list(sessions.directories(), signal),
    replyPermission: (reply: PermissionReply) => permissions.reply(reply),
    diff: (sessionId, call) => readTurnDiff(sessions.path(sessionId), http, call),
    summarize: (sessionId, { signal }) => summarize(sessionId, http, sessions, models, signal),
    listModels: ({ signal, workingDirectory: directory = workingDirectory }) =>
      models.list(directory, signal),
    listCommands: ({ signal, workingDirectory: directory = workingDirectory }) =>
      commands.list(directory, signal),
    listProviders: ({ signal, workingDirectory: directory = workingDirectory }) =>
      models.providers(directory, signal),
    listAgents: ({ signal, workingDirectory: directory = workingDirectory }) =>
      listAgents(http, directory, signal),
    mcp: nativeMcp(http, workingDirectory),
    request: (method, path, call) => http.send(method.toUpperCase(), path, call),
  };
}
