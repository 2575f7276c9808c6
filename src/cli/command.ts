/** Where a command writes. */
export interface Output {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/** One word after `engine-client`, and what it does. */
export interface Command {
  readonly name: string;
  /** One line, for the list of all commands. */
  readonly summary: string;
  /** What it does and its options, as `--help` says it. */
  readonly help: string;
  /**
   * Resolves with the exit code: 0 all is well, 1 it is not.
   * @throws WrongUse for arguments that make no sense
   */
  run(args: readonly string[], output: Output): Promise<number>;
}

/** The arguments can't be understood; the message says why. */
export class WrongUse extends Error {
  override readonly name = "WrongUse";
}
