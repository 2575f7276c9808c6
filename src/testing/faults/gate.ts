/** Lets everybody pass, or nobody. */
export interface Gate {
  shut(): void;
  open(): void;
  readonly isShut: boolean;
  /** Resolves as soon as one may pass. */
  passed(): Promise<void>;
}

/** Makes a gate that is open. With an `outer` one, both must be open to pass. */
export function createGate(outer?: Gate): Gate {
  let barrier: PromiseWithResolvers<void> | undefined;
  const isShut = () => barrier !== undefined || (outer?.isShut ?? false);
  return {
    shut() {
      barrier ??= Promise.withResolvers();
    },
    open() {
      barrier?.resolve();
      barrier = undefined;
    },
    get isShut() {
      return isShut();
    },
    async passed() {
      // Either may have been shut again while the other one was waited for.
      while (isShut()) await Promise.all([barrier?.promise, outer?.passed()]);
    },
  };
}
