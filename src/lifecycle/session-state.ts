import type { DriverMessage, DriverSession, RestingStatus } from "../engine/driver-events.ts";
import type { EngineErrorInfo } from "../engine/errors.ts";
import type { FileDiff } from "../engine/message.ts";
import type { PermissionRequest, QuestionRequest } from "../engine/permission.ts";
import type { Session } from "../engine/session.ts";
import { createMessageState, type MessageState } from "./message-state.ts";
import { putWholeText, restoreParts } from "./put-parts.ts";
import { sessionMachine } from "./session-machine.ts";

/**
 * All that is known of one session. It is changed in place, by `reduceSession` alone: copying its lists for every
 * event is what makes mirrors slow. Whoever holds it must not keep pieces of it; `session` and what `messageOf`
 * gives are immutable and may be kept.
 */
export interface SessionState {
  session: Session;
  /** `false`: only heard of by id; nothing of it is shown yet. */
  known: boolean;
  /** What the engine said last: it works on the session. */
  engineRunning: boolean;
  /** How it rested before it began to run. */
  restedAs: RestingStatus;
  /** How it rests since then, by the engine's own account, if it gives one. */
  resting: RestingStatus | undefined;
  /** The working set: messages since the newest turn began, in the engine's order. */
  readonly messages: Map<string, MessageState>;
  /** Turns that have begun and not ended, oldest first. */
  readonly openTurns: Set<string>;
  /** Turns that prompts are to open which are on their way: nothing that is told of them may be passed over. */
  readonly expectedTurns: Set<string>;
  readonly permissions: Map<string, PermissionRequest>;
  readonly questions: Map<string, QuestionRequest>;
  /** Permission requests and questions of the newest turn that were answered. Told again, they are told late. */
  readonly answered: Set<string>;
  /** What the engine complained of since the newest turn began. */
  lastError: EngineErrorInfo | undefined;
  /** The newest message at that time. */
  complainedAfter: string | undefined;
  /** By creation, not by id: ids do not sort in every release. */
  newestMessageId: string | undefined;
  /** Each diff as it was told last, by the turn's message. */
  readonly toldDiffs: Map<string | undefined, readonly FileDiff[]>;
  /** Messages that left the working set when the newest turn began, and when the last of them was created. */
  readonly forgotten: Set<string>;
  forgottenUntil: number;
}

export function createSessionState(engineId: string, sessionId: string): SessionState {
  const session: Session = {
    id: sessionId,
    title: "",
    engineId,
    createdAt: 0,
    updatedAt: 0,
    status: sessionMachine.initial,
  };
  return {
    session,
    known: false,
    engineRunning: false,
    restedAs: "idle",
    resting: undefined,
    messages: new Map(),
    openTurns: new Set(),
    expectedTurns: new Set(),
    permissions: new Map(),
    questions: new Map(),
    answered: new Set(),
    lastError: undefined,
    complainedAfter: undefined,
    newestMessageId: undefined,
    toldDiffs: new Map(),
    forgotten: new Set(),
    forgottenUntil: 0,
  };
}

/** Nobody works on it, and nobody waits for anything. */
export function hasNothingGoingOn(state: SessionState): boolean {
  const { engineRunning, openTurns, expectedTurns, permissions, questions } = state;
  return !engineRunning && [openTurns, expectedTurns, permissions, questions].every(({ size }) => size === 0);
}

/** Keeps what the package derives, takes the rest from the engine. */
export function withTold(current: Session, told: DriverSession): Session {
  const { engineId, status, activity, retry, verified } = current;
  return {
    ...told,
    engineId,
    status,
    ...(activity === undefined ? {} : { activity }),
    ...(retry === undefined ? {} : { retry }),
    ...(verified === undefined ? {} : { verified }),
  };
}

/** A message as history gives it, made by the same rules as live ones. */
export function restoreMessage({ parts, text, continues: _, ...info }: DriverMessage): MessageState {
  const state = createMessageState(info);
  if (text !== undefined) putWholeText(state, text);
  if (parts !== undefined) restoreParts(state, parts);
  return state;
}

/** Are two objects the same, field by field? */
export function sameFields(a: object, b: object): boolean {
  const left = Object.entries(a);
  const right = new Map(Object.entries(b));
  return left.length === right.size && left.every(([key, value]) => isSame(value, right.get(key)));
}

function isSame(a: unknown, b: unknown): boolean {
  return Object.is(a, b) || (isObject(a) && isObject(b) && sameFields(a, b));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null;
}
