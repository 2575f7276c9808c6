import type { DriverEvent, DriverMessage } from "../../engine/driver-events.ts";

/**
 * The turns that this client saw its engine run, or had it run. One that has no end when the engine is idle died with
 * it; of any other nobody here can say so.
 */
export class TurnsHere {
  /** Sessions that the engine said to be at work on, and not yet to be done with. */
  readonly #atWork = new Set<string>();
  /** The answer of each session that the engine told of, and not yet the end of. */
  readonly #answers = new Map<string, string>();
  /** The newest prompt that this client sent to each session. */
  readonly #prompts = new Map<string, string>();

  owns({ id, sessionId, turnId }: DriverMessage): boolean {
    if (this.#atWork.delete(sessionId)) this.#answers.set(sessionId, id);
    if (this.#answers.get(sessionId) === id) return true;
    return turnId !== undefined && this.#prompts.get(sessionId) === turnId;
  }

  /** The engine is at work on it. */
  runs(sessionId: string): void {
    this.#atWork.add(sessionId);
  }

  /** This client sent a prompt. */
  prompts(sessionId: string, turnId: string): void {
    this.#prompts.set(sessionId, turnId);
  }

  /** Another process has begun an answer: whatever was open before is not what is open now. */
  leaves({ sessionId, id }: DriverMessage): void {
    this.#atWork.delete(sessionId);
    if (this.#answers.get(sessionId) !== id) this.#answers.delete(sessionId);
  }

  /** What the engine tells. */
  hear(event: DriverEvent): void {
    switch (event.type) {
      case "session_status":
        if (event.running) this.#atWork.add(event.sessionId);
        else this.#atWork.delete(event.sessionId);
        break;
      case "message_updated": {
        const { id, sessionId, completedAt, error } = event.message;
        if (!isAnswer(event.message)) break;
        if (completedAt === undefined && error === undefined) this.#answers.set(sessionId, id);
        else if (this.#answers.get(sessionId) === id) this.#answers.delete(sessionId);
        break;
      }
      case "session_deleted":
        this.#atWork.delete(event.sessionId);
        this.#answers.delete(event.sessionId);
        this.#prompts.delete(event.sessionId);
        break;
      default:
        break;
    }
  }
}

export function isAnswer({ role }: DriverMessage): boolean {
  return role !== "user";
}
