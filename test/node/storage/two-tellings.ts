import type { DriverItem } from "../../../src/engine/driver.ts";
import type { EngineEvent } from "../../../src/engine/events.ts";
import { SessionStore } from "../../../src/hub/session-store.ts";
import { TurnView } from "../../../src/hub/turn-view.ts";
import { messageOf } from "../../../src/lifecycle/message-state.ts";
import type { StoredEvent } from "../../../src/node/storage/event-table.ts";
import { Follower } from "../../../src/node/storage/follower.ts";
import { readFrame } from "../../../src/opencode/native/frames.ts";
import { Elsewhere } from "../../../src/opencode/others/elsewhere.ts";
import { recordedBytes } from "../../opencode/recording.ts";
import { turnsOf } from "../../opencode/watch.ts";

/** A recording as it is told, and as it is stored: of what is stored the engine sends the rows besides. */
export interface TwoTellings {
  readonly heard: readonly DriverItem[];
  readonly rows: readonly StoredEvent[];
}

export function twoTellings(name: string): TwoTellings {
  const heard: DriverItem[] = [];
  const rows: StoredEvent[] = [];
  const report = {
    alive() {},
    beat() {},
    retryAfter() {},
    diagnostic({ message }: { message: string }) {
      throw new Error(message);
    },
  };
  const context = { report, sawSession() {} };
  for (const frame of recordedBytes(name).split("\n\n")) {
    if (!frame.startsWith("data: ")) continue;
    const data = frame.slice("data: ".length);
    const { payload } = JSON.parse(data);
    if (payload?.type === "sync") {
      const { id, aggregateID: sessionId, type, data: stored } = payload.syncEvent;
      rows.push({ id, sessionId, type, data: JSON.stringify(stored) });
    } else heard.push(...readFrame({ data }, context));
  }
  return { heard, rows };
}

/** A follower with rows and a clock that a test moves, and what a client folds of what it tells. */
export class Reader {
  readonly store = new SessionStore("opencode");
  readonly events: EngineEvent[] = [];
  readonly elsewhere = new Elsewhere();
  readonly #views: readonly TurnView[];
  /** By turn: what somebody who iterates its prompt has put together of its texts. */
  readonly texts = new Map<string, Map<string, string>>();
  readonly #follower: Follower;
  #unread: StoredEvent[] = [];
  #now = Date.parse("2026-08-20");

  constructor(heard: readonly DriverItem[]) {
    const turns = turnsOf(heard.map(({ event }) => event));
    this.#views = turns.map(({ sessionId, turnId }) => new TurnView(sessionId, turnId));
    const unused = () => {
      throw new Error("Nothing is asked of it.");
    };
    this.#follower = new Follower({
      connection: {
        version: "",
        snapshot: unused,
        events: unused,
        close: unused,
        health: unused,
        createSession: unused,
        messages: unused,
        prompt: unused,
        abort: unused,
      },
      file: {
        path: "",
        follow: unused,
        view: unused,
        countSessions: unused,
        peek: () => undefined,
        close: unused,
      },
      table: { read: () => this.#unread.splice(0), changes: 0 },
      elsewhere: this.elsewhere,
      report: { alive() {}, beat() {}, retryAfter() {}, diagnostic: unused },
      isProven: true,
      signal: new AbortController().signal,
      now: () => this.#now,
      onStopped: unused,
    });
  }

  hear(item: DriverItem): void {
    this.#fold(this.#follower.hear(item));
  }

  write(row: StoredEvent): void {
    this.#unread.push(row);
  }

  /** So many milliseconds pass, with a look every hundred. */
  pass(ms: number): void {
    const end = this.#now + ms;
    do {
      this.#now = Math.min(end, this.#now + 100);
      this.#fold(this.#follower.look());
    } while (this.#now < end);
  }

  /** What a client knows of each session in the end. */
  result() {
    return [...this.store.sessions].map((session) => ({
      session,
      messages: [...(this.store.get(session.id)?.messages.values() ?? [])].map(messageOf),
      ended: this.events.flatMap((event) =>
        event.type === "turn_ended" && event.sessionId === session.id ? [[event.turnId, event.status]] : [],
      ),
    }));
  }

  #fold(items: readonly DriverItem[]): void {
    for (const { event } of items) {
      for (const told of this.store.apply(event)) {
        this.events.push(told);
        for (const view of this.#views) {
          for (const news of view.take(told)) {
            if (news.type !== "text_delta" && news.type !== "text_reset") continue;
            const parts = this.texts.get(view.turnId) ?? new Map<string, string>();
            this.texts.set(view.turnId, parts);
            // What the engine withdrew is gone, and need not have been seen.
            if (news.type === "text_reset") {
              if (news.text === "") parts.delete(news.partId);
              else parts.set(news.partId, news.text);
              continue;
            }
            const shown = parts.get(news.partId) ?? "";
            if (shown.length !== news.offset) throw new Error(`A hole or an overlap at ${news.offset}`);
            parts.set(news.partId, shown + news.delta);
          }
        }
      }
    }
  }
}
