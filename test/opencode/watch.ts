import type { DriverEvent } from "../../src/engine/driver-events.ts";
import type { EngineEvent, TurnEndedEvent } from "../../src/engine/events.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { SessionStore } from "../../src/hub/session-store.ts";
import { TurnView } from "../../src/hub/turn-view.ts";

/** What a client saw of some traffic. */
export interface Watched {
  readonly store: SessionStore;
  readonly events: readonly EngineEvent[];
  /** By turn, what somebody who iterates its prompt was told. */
  readonly prompts: ReadonlyMap<string, readonly PromptEvent[]>;
  readonly ended: readonly TurnEndedEvent[];
}

/** Folds facts as the hub does, with somebody iterating each turn from before its first event. */
export function watch(facts: readonly DriverEvent[]): Watched {
  const store = new SessionStore("opencode");
  const views = turnsOf(facts).map(({ sessionId, turnId }) => new TurnView(sessionId, turnId));
  const prompts = new Map<string, PromptEvent[]>(views.map(({ turnId }) => [turnId, []]));
  const events: EngineEvent[] = [];
  for (const fact of facts) {
    for (const event of store.apply(fact)) {
      events.push(event);
      for (const view of views) prompts.get(view.turnId)?.push(...view.take(event));
    }
  }
  return { store, events, prompts, ended: events.filter((event) => event.type === "turn_ended") };
}

/** The prompts of some traffic, in their order: each user message opens a turn, unless it continues one. */
export function turnsOf(facts: readonly DriverEvent[]) {
  const turns = new Map<string, { readonly sessionId: string; readonly turnId: string }>();
  const continued = continuedIn(facts);
  for (const fact of facts) {
    if (fact.type !== "message_updated" || fact.message.role !== "user") continue;
    const { id: turnId, sessionId } = fact.message;
    if (continued.has(turnId)) continue;
    turns.set(turnId, { sessionId, turnId });
  }
  return [...turns.values()];
}

/**
 * The same facts with the package's own word on each turn: it says `turn_started` when the engine has taken the
 * prompt, and that answer may come before the first event of the turn or after any of them.
 */
export function withTurnStarted(facts: readonly DriverEvent[], when: "first" | "late"): DriverEvent[] {
  const told = new Set<string>(continuedIn(facts));
  return facts.flatMap((fact): readonly DriverEvent[] => {
    if (fact.type !== "message_updated") return [fact];
    const { role, id, turnId, sessionId } = fact.message;
    if (turnId === undefined || told.has(turnId)) return [fact];
    if (when === "late" && (role === "user" || id === turnId)) return [fact];
    told.add(turnId);
    const started = { type: "turn_started", sessionId, turnId } as const;
    return when === "first" ? [started, fact] : [fact, started];
  });
}

function continuedIn(facts: readonly DriverEvent[]): ReadonlySet<string> {
  return new Set(facts.flatMap((fact) => (fact.type === "turn_continued" ? [fact.messageId] : [])));
}
