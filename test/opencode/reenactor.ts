import type { ManagedEngineClient } from "../../src/engine/managed-engine-client.ts";
import type { MessageContent } from "../../src/engine/message.ts";
import type { PermissionDecision } from "../../src/engine/permission.ts";
import type { PromptCall, PromptResult } from "../../src/engine/prompt-call.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import type { Session } from "../../src/engine/session.ts";
import type { Cue } from "../../src/testing/faults/cues.ts";
import type { RecordedCall } from "./recording.ts";

/** One prompt of the client, and what became of it. */
export interface Prompted {
  readonly sessionId: string;
  readonly turnId: string | undefined;
  /** Its place among all that made a turn in its session. */
  readonly index: number;
  readonly events: readonly PromptEvent[];
  readonly result: PromptResult;
}

/** What a recorded call sent, as far as it is sent again. */
interface Sent {
  readonly title?: string;
  readonly model?: { readonly providerID: string; readonly modelID: string };
  readonly parts?: readonly SentPart[];
  /** The answer to a permission request, by the newer and by the older route. */
  readonly reply?: string;
  readonly response?: string;
  readonly message?: string;
}

interface SentPart {
  readonly type: string;
  readonly text?: string;
  readonly url?: string;
  readonly mime?: string;
}

const DECISIONS: Readonly<Record<string, PermissionDecision>> = {
  once: "allow",
  always: "allow_session",
  reject: "deny",
};

/** Does with the real client what a scenario's recorder did, each thing when the recording waits for it. */
export class Reenactor {
  readonly sessions: Session[] = [];
  readonly prompts: Prompted[] = [];
  readonly summaries: string[] = [];
  readonly #client: ManagedEngineClient;
  readonly #fail: (error: unknown) => void;
  /** What the recorder did, and nobody has done again. */
  readonly #calls: RecordedCall[];
  readonly #running = new Map<string, { readonly call: PromptCall; readonly over: Promise<void> }>();
  readonly #turns = new Map<string, number>();

  /** `fail` is told of what goes wrong beside the calls of `act()`: who waits for the rest would wait for ever. */
  constructor(client: ManagedEngineClient, calls: readonly RecordedCall[], fail: (error: unknown) => void) {
    this.#client = client;
    this.#fail = fail;
    this.#calls = calls.filter(({ method }) => method !== "GET");
  }

  async act({ type, of }: Cue): Promise<void> {
    const { session, request, connect } = this.#client;
    const path = `/session/${of}`;
    switch (type) {
      case "create": {
        const { requestBody, responseBody } = this.#take("/session");
        const { title } = requestBody as Sent;
        const { directory } = responseBody as { readonly directory: string };
        this.sessions.push(await session.create({ title, workingDirectory: directory }));
        break;
      }
      case "prompt": {
        await this.over(of);
        const { parts = [], model } = this.#take(`${path}/message`, `${path}/prompt_async`)
          .requestBody as Sent;
        const named = model && { model: `${model.providerID}/${model.modelID}` };
        const call = session.prompt(of, parts.map(contentOf), named);
        this.#running.set(of, { call, over: this.#follow(of, call).catch(this.#fail) });
        break;
      }
      case "summarize":
        await this.over(of);
        this.#countTurn(of);
        this.summaries.push(await session.summarize(of));
        break;
      case "shell":
        // A prompt waits for the event stream by itself.
        await connect();
        this.#countTurn(of);
        await request("POST", `${path}/shell`, { body: this.#take(`${path}/shell`).requestBody });
        break;
      case "revert":
      case "unrevert": {
        await this.over(of);
        const messageID = this.#running.get(of)?.call.turnId;
        await request("POST", `${path}/${type}`, { body: { messageID } });
        break;
      }
      case "abort": {
        const isDisposed = this.#calls.some((call) => call.path === "/instance/dispose");
        if (!isDisposed) return this.#running.get(of)?.call.abort();
        const directory = this.#directoryOf(of);
        await request("POST", "/instance/dispose", { query: { directory } });
        break;
      }
      // Who iterates the prompt has been asked, and answers; what disposed of the directory has stopped its session.
      case "permission":
      case "question":
      case "dispose":
        break;
      case "delete":
        await request("DELETE", path);
    }
  }

  /** Resolves when the session's prompt is over. The recorder waited for that before it did anything else. */
  async over(sessionId: string): Promise<void> {
    await this.#running.get(sessionId)?.over;
  }

  /** Resolves when every prompt is over. */
  async allOver(): Promise<void> {
    await Promise.all([...this.#running.values()].map(({ over }) => over));
  }

  async #follow(sessionId: string, call: PromptCall): Promise<void> {
    const index = this.#countTurn(sessionId);
    const events: PromptEvent[] = [];
    for await (const event of call) {
      events.push(event);
      if (event.type === "permission_requested") {
        const { reply, response, message } = this.#answerTo(event.permissionId).requestBody as Sent;
        const decision = DECISIONS[reply ?? response ?? ""] ?? "deny";
        await this.#client.permissions.reply(event, decision, { message });
      }
      if (event.type === "question_asked") {
        const { path, requestBody } = this.#answerTo(event.questionId);
        const query = { directory: this.#directoryOf(event.sessionId) };
        await this.#client.request("POST", path, { query, body: requestBody ?? undefined });
      }
    }
    this.prompts.push({ sessionId, turnId: call.turnId, index, events, result: await call.settled() });
  }

  #answerTo(requestId: string): RecordedCall {
    const answer = this.#calls.find(({ path }) => path.includes(`/${requestId}`));
    if (answer === undefined) throw new Error(`The recorder has not answered ${requestId}.`);
    return answer;
  }

  /** The next that was sent to one of these paths. */
  #take(...paths: readonly string[]): RecordedCall {
    const index = this.#calls.findIndex(({ path }) => paths.includes(path));
    const [call] = index < 0 ? [] : this.#calls.splice(index, 1);
    if (call === undefined) throw new Error(`The recorder has sent nothing more to ${paths.join(" or ")}.`);
    return call;
  }

  #directoryOf(sessionId: string): string | undefined {
    return this.#client.registry.get(sessionId)?.workingDirectory;
  }

  #countTurn(sessionId: string): number {
    const index = this.#turns.get(sessionId) ?? 0;
    this.#turns.set(sessionId, index + 1);
    return index;
  }
}

function contentOf({ type, text, url, mime }: SentPart): MessageContent {
  if (type === "text") return { type, text };
  return { type: mime?.startsWith("image/") ? "image" : "file", url, mimeType: mime };
}
