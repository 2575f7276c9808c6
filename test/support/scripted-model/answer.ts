import { type Directive, stepsOf } from "./directives.ts";
import { parseDirectives } from "./parse-directives.ts";
import type { ModelTurn } from "./wire.ts";

/** What is said where the script says nothing. */
export const defaultText = "Hello there from the scripted model.";

/** What a request is answered with. */
export interface Answer {
  /** Titles and summaries are asked for by the engine, on its own account. */
  readonly kind: "chat" | "title" | "summary";
  /** How many assistant messages follow the newest user message. */
  readonly step: number;
  /** The text of the newest user message, which holds the script. */
  readonly prompt: string;
  readonly directives: readonly Directive[];
}

/**
 * The answer to a turn: a function of the newest user message, and of the step that the turn has reached.
 *
 * @throws SyntaxError for a script that makes no sense.
 */
export function answerTo(turn: ModelTurn, summary: string): Answer {
  const newest = turn.messages.findLastIndex((message) => message.role === "user");
  const prompt = turn.messages[newest]?.text ?? "";
  const step = turn.messages.slice(newest + 1).filter((message) => message.role === "assistant").length;

  if (/title generator/i.test(turn.system)) {
    return { kind: "title", step, prompt, directives: [inOne(scriptedTitle(turn).slice(0, 24))] };
  }
  // Who offers tools wants work done, whatever his system prompt says of summaries.
  const wantsSummary = turn.tools.length === 0 && /summariz/i.test(turn.system.slice(0, 2000));
  if (wantsSummary || (!prompt.includes("[[") && /summary/i.test(prompt))) {
    return { kind: "summary", step, prompt, directives: [inOne(summary)] };
  }
  const scripted = parseDirectives(prompt).filter((directive) => directive.type !== "title");
  return { kind: "chat", step, prompt, directives: completed(stepsOf(scripted)[step] ?? []) };
}

/** A step that would say nothing says the default text at its end. */
function completed(directives: readonly Directive[]): readonly Directive[] {
  const [only] = directives;
  // An error that stops failing needs something to say then.
  const failsForATime = directives.length === 1 && only?.type === "error" && only.times !== undefined;
  if (!failsForATime && directives.some((directive) => speaking.has(directive.type))) return directives;
  return [...directives, { type: "text", text: defaultText }];
}

const speaking: ReadonlySet<Directive["type"]> = new Set([
  "text",
  "reasoning",
  "repeat",
  "big",
  "tool",
  "badtool",
  "error",
  "overflow",
  "streamerror",
  "cut",
  "hang",
  "finish",
]);

function scriptedTitle(turn: ModelTurn): string {
  for (const { text } of turn.messages) {
    for (const directive of parseDirectives(text)) if (directive.type === "title") return directive.title;
  }
  return "Scripted title";
}

const inOne = (text: string): Directive => ({ type: "text", text, size: 0 });
