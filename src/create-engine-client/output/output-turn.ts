import { EngineError } from "../../engine/errors.ts";
import type { OutputResult, OutputSchema } from "../../engine/output.ts";
import type { PromptResult } from "../../engine/prompt-call.ts";
import type { StandardIssue, StandardSchema } from "../../engine/standard-schema.ts";
import { completedResult, type PromptEnding } from "../../hub/prompt-call.ts";
import type { PromptRun } from "../../hub/prompt-run.ts";
import { asFailure } from "../../hub/turn-result.ts";
import { findJson } from "./find-json.ts";
import { correction, describedSchema, issueText } from "./read-schema.ts";

type Reading<Output> =
  | { readonly output: Output; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] };

/** Reads the answer of a turn by a schema. If it does not fit, the model is asked once more, and never again. */
export class OutputTurn<Output> implements PromptEnding<OutputResult<Output>> {
  readonly #given: OutputSchema<Output>;
  readonly #ask: (text: string) => PromptRun;
  #result: Promise<OutputResult<Output>> | undefined;
  #repair: PromptRun | undefined;
  #isStopped = false;

  /** `ask` sends another prompt to the session, with the options of the first. */
  constructor(given: OutputSchema<Output>, ask: (text: string) => PromptRun) {
    this.#given = given;
    this.#ask = ask;
  }

  finish(result: PromptResult): Promise<OutputResult<Output>> {
    this.#result ??= this.#read(result);
    return this.#result;
  }

  async abort(): Promise<void> {
    this.#isStopped = true;
    await this.#repair?.abort();
  }

  letGo(): void {
    this.#repair?.letGo();
  }

  async #read(first: PromptResult): Promise<OutputResult<Output>> {
    const given = describedSchema(this.#given);
    const reading = await readOutput(first, given.schema);
    if (reading.issues === undefined) return { ...first, output: reading.output };
    // Taken over by another prompt, it has another answer, too.
    if (first.status !== "completed" || this.#isStopped) throw unfit(first, reading.issues, "");
    this.#repair = this.#ask(correction(given, reading.issues));
    const second = await completedResult(this.#repair);
    const repaired = await readOutput(second, given.schema);
    if (repaired.issues === undefined) return { ...second, output: repaired.output, repaired: first };
    throw unfit(second, repaired.issues, ", also after the model was asked to correct it");
  }
}

/** What of the answer fits the schema; else what the schema says of the likeliest piece of it. */
async function readOutput<Output>(
  { message, text }: PromptResult,
  schema: StandardSchema<Output>,
): Promise<Reading<Output>> {
  let issues: readonly StandardIssue[] | undefined;
  // The last message is the answer; those before it are what the model said on its way.
  for (const answer of new Set([message?.content.text ?? "", text])) {
    for (const value of findJson(answer)) {
      const result = await schema["~standard"].validate(value);
      if (result.issues === undefined) return { output: result.value };
      issues ??= result.issues;
    }
  }
  return { issues: issues ?? [{ message: "There is no JSON in it." }] };
}

function unfit(result: PromptResult, issues: readonly StandardIssue[], when: string): EngineError {
  const shown = issues.slice(0, 5).map(issueText).join("; ");
  const message = `The answer does not fit the schema${when}: ${shown}`;
  const error = new EngineError("INVALID_RESPONSE", message, { sessionId: result.sessionId });
  Object.defineProperty(error, "issues", { value: issues });
  return asFailure(error, result);
}
