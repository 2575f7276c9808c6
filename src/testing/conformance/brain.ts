/**
 * Prompts that make the engine under test do a named thing. Behind it there is mostly a scripted model, which the
 * prompt itself tells what to answer. A function may prepare something first: then it returns a promise. What the engine
 * can't be made to do is left out, and the rules that need it are skipped with a reason.
 */
export interface EngineBrain {
  /** Answers with exactly this text, in several deltas. */
  say(text: string): string | Promise<string>;
  /** Says this text, and then thinks until it is stopped. With an empty text it says nothing. */
  wait?(text: string): string | Promise<string>;
  /** Runs two tools, one after the other, that ask nobody, and answers with this text when both are done. */
  useTools?(text: string): string | Promise<string>;
  /** Runs a tool that asks nobody and does not end until it is stopped. */
  hangInTool?(): string | Promise<string>;
  /**
   * Runs a tool that asks for permission first, each time the same tool with the same input, and answers with this text
   * when it was allowed and is done. When it is denied the turn may end, or go on.
   */
  askPermission?(text: string): string | Promise<string>;
  /** Fails for good: the provider of the model refuses. */
  fail?(): string | Promise<string>;
}
