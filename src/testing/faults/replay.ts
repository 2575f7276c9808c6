import { type Cue, type CueType, findCues } from "./cues.ts";
import type { FakeRecords } from "./fake-records.ts";
import { isOfTheStream, type RecordedFrame, type RecordedInfo } from "./recording.ts";

export interface ReplayOptions {
  readonly frames: readonly RecordedFrame[];
  readonly records: FakeRecords;
  /** Takes each frame, as JSON, to those who listen. */
  tell(frame: string): void;
  /** Told of each cue that has not come when its frame is due. */
  onCue?: ((cue: Cue) => void) | undefined;
  /** Comes before each frame, with its place in the recording; a promise holds the frame back. */
  beforeFrame?: ((index: number) => Promise<void> | void) | undefined;
}

/** Ids that a client chose for what it sent. */
export interface ChosenIds {
  readonly messageId?: string | undefined;
  readonly partIds?: readonly (string | undefined)[] | undefined;
}

interface Given {
  readonly ids: ChosenIds;
  /** With `undefined`: it came to nothing. */
  resolve(cue: Cue | undefined): void;
}

/**
 * Plays a recording frame by frame into the records and to those who listen. A frame that somebody has to cause waits
 * for that. What a client sent bears the ids that the client chose from then on, in place of the recorded ones.
 */
export class Replay {
  /** Resolves when all is played, or it was stopped; rejects when `beforeFrame` does. */
  readonly finished: Promise<void>;
  readonly #options: ReplayOptions;
  readonly #cues: ReadonlyMap<number, Cue>;
  /** By kind, how many cues are neither given nor done without. */
  readonly #open = new Map<string, number>();
  /** Those that came before their frames were due. */
  readonly #early = new Map<string, Given[]>();
  readonly #names = new Map<string, string>();
  /** Sessions in which something was begun that has not come to rest. */
  readonly #atWork = new Set<string>();
  readonly #watchers = new Set<(frame: RecordedFrame | undefined) => void>();
  #waiting: { readonly key: string; resolve(given: Given | undefined): void } | undefined;
  #waived = 0;
  #isOver = false;

  constructor(options: ReplayOptions) {
    this.#options = options;
    this.#cues = findCues(options.frames);
    for (const cue of this.#cues.values()) this.#count(keyOf(cue), 1);
    this.finished = this.#run().finally(() => this.stop());
  }

  /** The ids that clients chose, by the recorded ones in whose place they stand. */
  get names(): ReadonlyMap<string, string> {
    return this.#names;
  }

  /** Is there anything in the session that can be stopped? */
  isAtWork(sessionId: string): boolean {
    return this.#atWork.has(sessionId);
  }

  /** Somebody creates a session: the next recorded one that was not handed out yet. */
  create(): RecordedInfo | undefined {
    for (const [index, { type, of }] of this.#cues) {
      if (type === "create" && this.give(type, of) !== undefined)
        return this.#options.frames[index]?.payload.properties?.info;
    }
    return undefined;
  }

  /**
   * Somebody does something. Resolves when its frame was played, with what was sent under its ids of now. `undefined`:
   * the recording knows of no such thing (any more).
   */
  give(type: CueType, of: string, ids: ChosenIds = {}): Promise<Cue | undefined> | undefined {
    const key = keyOf({ type, of });
    if (this.#isOver || (this.#open.get(key) ?? 0) <= 0) return undefined;
    this.#count(key, -1);
    if (BEGINNINGS.has(type)) this.#atWork.add(of);
    const { promise, resolve } = Promise.withResolvers<Cue | undefined>();
    const given = { ids, resolve };
    if (this.#waiting?.key === key) this.#goOn(given);
    else this.#early.set(key, [...(this.#early.get(key) ?? []), given]);
    return promise;
  }

  /** Goes on without the cue that is waited for; if none is, without the next that would be. */
  proceed(): void {
    if (this.#waiting === undefined) this.#waived += 1;
    else {
      this.#count(this.#waiting.key, -1);
      this.#goOn(undefined);
    }
  }

  /** Resolves when such a frame was played, or when nothing more is. */
  async until(matches: (frame: RecordedFrame) => boolean): Promise<void> {
    if (this.#isOver) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const watcher = (frame: RecordedFrame | undefined) => {
      if (frame === undefined || matches(frame)) resolve();
    };
    this.#watchers.add(watcher);
    await promise;
    this.#watchers.delete(watcher);
  }

  stop(): void {
    this.#isOver = true;
    this.#goOn(undefined);
    for (const watcher of this.#watchers) watcher(undefined);
    for (const { resolve } of [...this.#early.values()].flat()) resolve(undefined);
    this.#early.clear();
  }

  async #run(): Promise<void> {
    for (const [index, frame] of this.#options.frames.entries()) {
      if (isOfTheStream(frame)) continue;
      await turnOfLoop();
      if (this.#isOver) return;
      const cue = this.#cues.get(index);
      const given = cue && (await this.#comes(cue));
      await this.#options.beforeFrame?.(index);
      if (this.#isOver) return given?.resolve(undefined);
      if (cue !== undefined && given !== undefined) this.#rename(cue, given.ids);
      this.#play(frame);
      given?.resolve(cue && this.#named(cue));
    }
  }

  /** `undefined`: it is to come by itself. */
  async #comes(cue: Cue): Promise<Given | undefined> {
    const key = keyOf(cue);
    const early = this.#early.get(key)?.shift();
    if (early !== undefined) return early;
    if (this.#waived > 0) {
      this.#waived -= 1;
      this.#count(key, -1);
      return undefined;
    }
    const { promise, resolve } = Promise.withResolvers<Given | undefined>();
    this.#waiting = { key, resolve };
    this.#options.onCue?.(this.#named(cue));
    return promise;
  }

  #goOn(given: Given | undefined): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.resolve(given);
  }

  #play(frame: RecordedFrame): void {
    const text = this.#inNames(JSON.stringify(frame));
    const played: RecordedFrame = this.#names.size === 0 ? frame : JSON.parse(text);
    this.#options.records.take(played);
    this.#options.tell(text);
    const { type, properties } = played.payload;
    if (type === "session.idle") this.#rest(properties?.sessionID ?? "");
    for (const watcher of this.#watchers) watcher(played);
  }

  /** What was to be stopped has come to its end: an abort that came for it is not for what follows. */
  #rest(sessionId: string): void {
    if (!this.#early.get(keyOf({ type: "prompt", of: sessionId }))?.length) this.#atWork.delete(sessionId);
    const key = keyOf({ type: "abort", of: sessionId });
    const late = this.#early.get(key) ?? [];
    this.#early.delete(key);
    this.#count(key, late.length);
    for (const { resolve } of late) resolve(undefined);
  }

  #rename({ messageId, partIds = [] }: Cue, ids: ChosenIds): void {
    const rename = (recorded: string | undefined, chosen: string | undefined) => {
      if (recorded !== undefined && chosen !== undefined) this.#names.set(recorded, chosen);
    };
    rename(messageId, ids.messageId);
    for (const [index, partId] of partIds.entries()) rename(partId, ids.partIds?.[index]);
  }

  #named(cue: Cue): Cue {
    return this.#names.size === 0 ? cue : JSON.parse(this.#inNames(JSON.stringify(cue)));
  }

  /** By text: an id stands in many places, and nothing else looks like one. */
  #inNames(text: string): string {
    let named = text;
    for (const [recorded, chosen] of this.#names)
      named = named.replaceAll(recorded, () => JSON.stringify(chosen).slice(1, -1));
    return named;
  }

  #count(key: string, change: number): void {
    this.#open.set(key, (this.#open.get(key) ?? 0) + change);
  }
}

const BEGINNINGS: ReadonlySet<CueType> = new Set(["prompt", "shell", "summarize"]);

function keyOf({ type, of }: Pick<Cue, "type" | "of">): string {
  return `${type} ${of}`;
}

/** Lets whatever is due come first: requests that have arrived, answers that go out. */
function turnOfLoop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
