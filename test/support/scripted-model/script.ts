import type { Directive, ErrorOptions, TokenUsage } from "./directives.ts";
import { renderDirective } from "./render-directive.ts";

/**
 * A prompt that tells the scripted model what to answer. Strings are prose beside the directives, which the model
 * ignores, but which the engine shows.
 *
 * ```ts
 * script(say("I will look. "), callTool("bash", { command: "ls" }), nextStep(), say("Done."), "list the files");
 * ```
 *
 * @throws TypeError for what the directive language cannot say, such as `[[` in prose.
 */
export function script(...parts: readonly (Directive | string)[]): string {
  return parts.map((part) => (typeof part === "string" ? prose(part) : renderDirective(part))).join(" ");
}

function prose(text: string): string {
  if (text.includes("[[")) throw new TypeError(`Prose cannot hold "[[", which starts a directive: ${text}`);
  return text;
}

/** How a text or the arguments of a tool are cut into deltas. */
export interface DeltaOptions {
  /** UTF-16 units per delta; 0 is all in one. Default: words for text, all in one for tool arguments. */
  readonly size?: number;
}

/** Text of the answer. */
export const say = (text: string, options: DeltaOptions = {}): Directive => ({
  type: "text",
  text,
  ...options,
});

/** Reasoning before the answer. */
export const think = (text: string, options: DeltaOptions = {}): Directive => ({
  type: "reasoning",
  text,
  ...options,
});

/** `count` deltas of text, `everyMs` apart (default 0); `#` in `text` is the counter. */
export const repeat = (count: number, text: string, everyMs = 0): Directive => ({
  type: "repeat",
  count,
  everyMs,
  text,
});

/** So many characters of text, 64 a line. */
export const sayMuch = (bytes: number): Directive => ({ type: "big", bytes });

/** Calls a tool. Several in one step are parallel calls. */
export const callTool = (name: string, input: object = {}, options: DeltaOptions = {}): Directive => ({
  type: "tool",
  name,
  input,
  ...options,
});

/** Calls a tool with arguments that need not be JSON. */
export const callToolWith = (name: string, rawArguments: string): Directive => ({
  type: "badtool",
  name,
  rawArguments,
});

/** What follows is the answer to the results of the tools called so far. */
export const nextStep = (): Directive => ({ type: "then" });

/** What the model answers when asked for a title of this conversation (24 characters at most). */
export const title = (text: string): Directive => ({ type: "title", title: text });

/** Finish reason of the step, such as `length` or `content_filter`. */
export const finish = (reason: string): Directive => ({ type: "finish", reason });

/** Token counts of the step. Default: 10 in, 5 out. */
export const usage = (tokens: Partial<TokenUsage>): Directive => ({ type: "usage", ...tokens });

/** No token counts. */
export const noUsage = (): Directive => ({ type: "nousage" });

/** No end mark after the last frame. */
export const noDone = (): Directive => ({ type: "nodone" });

/** A pause of so many milliseconds. */
export const pause = (ms: number): Directive => ({ type: "delay", ms });

/** From here on the body comes in slices of so many bytes. */
export const inSlices = (size: number): Directive => ({ type: "bytes", size });

/** Drops the connection; with `times`, for the first requests of the step only. */
export const cut = (options: { readonly times?: number } = {}): Directive => ({ type: "cut", ...options });

/** Never goes on and never ends. */
export const hang = (): Directive => ({ type: "hang" });

/** Waits for `model.openGate(name)`. */
export const waitForGate = (name: string): Directive => ({ type: "gate", name });

/** Fails with this HTTP status. Stands first in its step. */
export const failWith = (
  status: number,
  options: ErrorOptions & { readonly message?: string } = {},
): Directive => ({ type: "error", status, ...options });

/** Fails because the prompt is longer than the model's context. Stands first in its step. */
export const overflow = (): Directive => ({ type: "overflow" });

/** Fails inside the stream, after status 200. */
export const failInStream = (message: string): Directive => ({ type: "streamerror", message });
