export interface FrameLogOptions {
  /** How many frames are kept. */
  readonly limit: number;
  /** How many UTF-16 units they may have together; the newest frame is kept in any case. */
  readonly maxSize: number;
}

/**
 * The frames of one stream, in order and numbered from 1; the newest of them are kept. Any number of readers follow it,
 * each at its own pace: a slow one holds up nobody, and can see that it has missed something.
 */
export class FrameLog {
  readonly #options: FrameLogOptions;
  readonly #frames = new Map<number, string>();
  readonly #watchers = new Set<() => void>();
  #size = 0;
  #newest = 0;
  #isOver = false;

  constructor(options: FrameLogOptions) {
    this.#options = options;
  }

  /** The number of the newest frame; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** The number before the oldest frame that is kept. */
  get beginning(): number {
    return this.#newest - this.#frames.size;
  }

  /** Nothing will follow. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Is everything kept that came after this frame? */
  reaches(after: number): boolean {
    return after >= this.beginning && after <= this.#newest;
  }

  get(number: number): string | undefined {
    return this.#frames.get(number);
  }

  append(frame: string): void {
    if (this.#isOver) return;
    this.#newest += 1;
    this.#frames.set(this.#newest, frame);
    this.#size += frame.length;
    const { limit, maxSize } = this.#options;
    while (this.#frames.size > 1 && (this.#frames.size > limit || this.#size > maxSize)) this.#dropOldest();
    this.#tell();
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#tell();
  }

  /** Calls the watcher after every frame and at the end, until the returned function is called. It must not throw. */
  watch(watcher: () => void): () => void {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  #dropOldest(): void {
    const oldest = this.beginning + 1;
    this.#size -= this.#frames.get(oldest)?.length ?? 0;
    this.#frames.delete(oldest);
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
