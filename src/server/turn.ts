import type { PromptCall } from "../engine/prompt-call.ts";
import type { PromptEvent } from "../engine/prompt-events.ts";
import { frameOf } from "./event-stream.ts";
import { FrameLog } from "./frame-log.ts";
import { type TurnEvent, toTurnEvent } from "./turn-events.ts";

const KEPT = { limit: 10_000, maxSize: 4 * 1024 * 1024 };

/** A prompt and what was told of its turn, for everybody who asks for it, now or later. It goes on without them. */
export class Turn {
  readonly log = new FrameLog(KEPT);
  /** Resolves with the id that names the turn once the engine has taken the prompt; rejects with why it has not. */
  readonly accepted: Promise<string>;
  readonly #sessionId: string;

  constructor(sessionId: string, call: PromptCall) {
    this.#sessionId = sessionId;
    // Before the engine can ask anything: a request for permission waits for an answer only if somebody reads it.
    const events = call[Symbol.asyncIterator]();
    this.accepted = this.#accept(call);
    void this.#record(events);
  }

  async #accept(call: PromptCall): Promise<string> {
    const { turnId = "" } = await call;
    this.#tell({ type: "turn_started", sessionId: this.#sessionId, messageId: turnId });
    return turnId;
  }

  async #record(events: AsyncIterator<PromptEvent>): Promise<void> {
    try {
      await this.accepted;
      for (let next = await events.next(); !next.done; next = await events.next()) {
        this.#tell(toTurnEvent(next.value));
      }
    } catch {
      // Of a prompt that was refused those who wait for `accepted` are told; one that can't be read has no end here.
    } finally {
      this.log.end();
    }
  }

  #tell(event: TurnEvent): void {
    this.log.append(frameOf(event));
  }
}
