/**
 * An agent that does what its prompts say: each is a list of steps, as JSON. How it begins, and what it can do, stands in
 * the variable `FAKE_AGENT`. It speaks in raw lines, so that it can also say what no agent should.
 */
import { createInterface } from "node:readline";
import type { Behaviour, Step } from "./script.ts";

type Json = Readonly<Record<string, unknown>>;

const behaviour: Behaviour = JSON.parse(process.env.FAKE_AGENT ?? "{}");
const { settings = {}, history = [], pages = [], early = [] } = behaviour;
const answers = new Map<number, (answer: Json) => void>();
const cancels = new Map<string, () => void>();
const log: string[] = [];
let asked = 0;
let made = 0;

const write = (line: string) => process.stdout.write(`${line}\n`);
const send = (message: Json) => write(JSON.stringify({ jsonrpc: "2.0", ...message }));
const tell = (sessionId: string, update: unknown) =>
  send({ method: "session/update", params: { sessionId, update } });
const say = (sessionId: string, text: string) =>
  tell(sessionId, { sessionUpdate: "agent_message_chunk", content: { type: "text", text } });

function tellHistory(sessionId: string): void {
  for (const update of history) tell(sessionId, update);
}

class Refusal extends Error {
  readonly told: Json;
  constructor(told: Json) {
    super();
    this.told = told;
  }
}

function ask(method: string, params: Json): Promise<Json> {
  asked += 1;
  const id = asked;
  send({ id, method, params });
  return new Promise((resolve) => answers.set(id, resolve));
}

/** Resolves with the answer to the prompt, once a step gives one. */
async function play(sessionId: string, steps: readonly Step[], hung: Promise<Json>): Promise<Json> {
  for (const step of steps) {
    if ("text" in step) say(sessionId, step.text);
    else if ("update" in step) tell(step.of ?? sessionId, step.update);
    else if ("notify" in step) send({ method: step.notify, params: step.params });
    else if ("ask" in step) {
      const { result, error } = await ask(step.ask, { sessionId, ...step.params });
      if (!step.isQuiet) say(sessionId, `${JSON.stringify(result ?? { error })}\n`);
    } else if ("raw" in step) write(step.raw);
    else if ("big" in step) say(sessionId, "x".repeat(step.big));
    else if ("stderr" in step) process.stderr.write(step.stderr);
    else if ("exit" in step) process.exit(step.exit);
    else if ("kill" in step) process.kill(process.pid, "SIGKILL");
    else if ("log" in step) say(sessionId, JSON.stringify(log));
    else if ("fail" in step) throw new Refusal(step.fail);
    else if ("end" in step) return { stopReason: step.end, usage: step.usage, _meta: step.meta };
    else return hung;
  }
  return { stopReason: "end_turn" };
}

async function prompt(sessionId: string, text: string): Promise<Json> {
  const hung = new Promise<Json>((resolve) => {
    cancels.set(sessionId, () => resolve({ stopReason: "cancelled" }));
  });
  const steps: unknown = text.startsWith("[") ? JSON.parse(text) : [{ text }];
  return play(sessionId, steps as readonly Step[], hung);
}

async function answer(method: string, params: Json): Promise<unknown> {
  log.push(`${method} ${JSON.stringify(params)}`);
  const sessionId = String(params.sessionId);
  switch (method) {
    case "initialize":
      if (behaviour.silent) return new Promise(() => {});
      return {
        protocolVersion: behaviour.protocolVersion ?? 1,
        agentInfo: { name: "fake", version: "1.2.3" },
        agentCapabilities: behaviour.capabilities ?? {},
        authMethods: [{ id: "key", name: "With a key" }],
      };
    case "authenticate":
      if (params.methodId === "key") return {};
      if (params.methodId === "no-key") throw new Refusal({ code: -32_603, message: "KEY is not set" });
      throw new Refusal({ code: -32_602, message: "Invalid params: no such way" });
    case "session/new": {
      if (behaviour.wantsLogin) throw new Refusal({ code: -32_000, message: "Authentication required" });
      made += 1;
      const id = `ses_${process.pid}_${made}`;
      for (const update of early) tell(id, update);
      return { sessionId: id, ...settings };
    }
    case "session/load":
      if (behaviour.keeps?.includes(sessionId) === false)
        throw new Refusal({ code: -32_603, message: "Internal error", data: { details: "No such chat." } });
      if (behaviour.isLate) setImmediate(tellHistory, sessionId);
      else tellHistory(sessionId);
      return settings;
    case "session/resume":
      return settings;
    case "session/list":
      return pages[Number(params.cursor ?? 0)] ?? { sessions: [] };
    case "session/close":
    case "session/delete":
    case "session/set_mode":
    case "session/set_model":
      return {};
    case "session/set_config_option":
      return { configOptions: settings.configOptions };
    case "session/prompt": {
      const [first] = params.prompt as readonly { text?: string }[];
      return prompt(sessionId, first?.text ?? "");
    }
    default:
      throw new Refusal({ code: -32_601, message: `"Method not found": ${method}` });
  }
}

if (behaviour.first !== undefined) write(behaviour.first);
if (behaviour.stderr !== undefined) process.stderr.write(behaviour.stderr);
if (behaviour.exit !== undefined) process.exit(behaviour.exit);

createInterface({ input: process.stdin }).on("line", async (line) => {
  const message: Json = JSON.parse(line);
  const { id, method } = message;
  if (typeof method !== "string") {
    answers.get(Number(id))?.(message);
    return;
  }
  const params = (message.params ?? {}) as Json;
  if (id === undefined) {
    log.push(`${method} ${JSON.stringify(params)}`);
    if (method === "session/cancel" && !behaviour.ignoresCancel) cancels.get(String(params.sessionId))?.();
    return;
  }
  try {
    send({ id, result: await answer(method, params) });
  } catch (error) {
    send({ id, error: error instanceof Refusal ? error.told : { code: -32_603, message: String(error) } });
  }
});
