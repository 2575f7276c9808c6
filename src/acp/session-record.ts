import type { RequestPermissionResponse } from "@agentclientprotocol/sdk";
import type { Command } from "../engine/command.ts";
import type { DriverSession, RestingStatus } from "../engine/driver-events.ts";
import type { SessionSnapshot } from "../engine/driver-requests.ts";
import type { PermissionRequest } from "../engine/permission.ts";
import type { Todo } from "../engine/todo.ts";
import type { Agent } from "./agent.ts";
import { type ChoiceKind, type Choices, choiceKinds } from "./choices.ts";
import type { WirePermission } from "./schema.ts";
import type { Transcript } from "./transcript.ts";
import type { ToldUsage } from "./vendor-fields.ts";

/** A prompt that the agent works on. */
export interface Turn {
  readonly turnId: string;
  readonly answerId: string;
  readonly agent: Agent;
  /** Of the session, in US dollars, before it. */
  readonly costBefore: number | undefined;
  isCancelled: boolean;
  /** Aborts when it is over. */
  readonly over: AbortController;
  /** A call that was denied, if the agent has said nothing since. */
  denied: string | undefined;
  /** What it has used so far, of an agent that tells so step by step. */
  used: ToldUsage | undefined;
  /** The agent says so, whatever it says of how the turn ended. */
  hasFailed: boolean;
}

/** A question of the agent that waits for an answer. */
export interface PendingPermission {
  readonly request: PermissionRequest;
  readonly options: WirePermission["options"];
  answer(response: RequestPermissionResponse): void;
}

/** What is known of a session. It outlives the agent's process. */
export class SessionRecord {
  session: DriverSession;
  /** `undefined`: its conversation was not read. */
  transcript: Transcript | undefined;
  /** Where the agent's account of the conversation goes while it tells it again. */
  replay: Transcript | undefined;
  /** The life of the agent that knows it. */
  openIn: Agent | undefined;
  opening: Promise<void> | undefined;
  turn: Turn | undefined;
  /** A prompt is on its way. */
  isTaken = false;
  /** It was made to ask what there is to choose from, and nobody has it. */
  isSpare = false;
  /** Its title was given here, and agents have none to give. */
  hasOwnTitle = false;
  choices: Choices = {};
  /** What it is set to where a prompt asks for nothing else. */
  readonly base = new Map<ChoiceKind, string>();
  /** The client is setting it: what the agent tells of that is no news. */
  isSetting = false;
  todos: readonly Todo[] = [];
  commands: readonly Command[] | undefined;
  /** Resolves when they are told for the first time. */
  readonly commandsTold = Promise.withResolvers<void>();
  /** Tokens that its model can read at once. */
  contextSize: number | undefined;
  /** US dollars that it has cost. */
  cost: number | undefined;
  resting: RestingStatus | undefined;
  readonly permissions = new Map<string, PendingPermission>();

  constructor(session: DriverSession) {
    this.session = session;
  }

  get id(): string {
    return this.session.id;
  }

  get directory(): string {
    return this.session.workingDirectory ?? "";
  }

  setCommands(commands: readonly Command[]): void {
    this.commands = commands;
    this.commandsTold.resolve();
  }

  /** What the agent says that it can be set to, and is set to. */
  setChoices(choices: Choices): void {
    this.choices = choices;
    for (const kind of choiceKinds) {
      const current = choices[kind]?.current;
      if (current !== undefined && (!this.isSetting || !this.base.has(kind))) this.base.set(kind, current);
    }
    const model = this.base.get("model");
    if (model !== undefined) this.session = { ...this.session, model };
  }

  snapshot(withMessages: boolean): SessionSnapshot {
    const { session, turn, resting, transcript, permissions } = this;
    return {
      session,
      running: turn !== undefined,
      ...(turn === undefined && resting !== undefined ? { resting } : {}),
      ...(withMessages && transcript !== undefined ? { messages: transcript.list() } : {}),
      permissions: [...permissions.values()].map(({ request }) => request),
      questions: [],
    };
  }
}
