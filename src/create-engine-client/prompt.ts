import type { PromptOpts } from "../engine/engine-client.ts";
import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import type { OutputIn, OutputResult, OutputSchema } from "../engine/output.ts";
import type { PromptCall } from "../engine/prompt-call.ts";
import type { PromptContent } from "../engine/prompt-content.ts";
import { toToolsOff } from "../engine/prompt-options.ts";
import { type SessionRef, toSessionId } from "../engine/session.ts";
import { createPromptCall } from "../hub/prompt-call.ts";
import type { PromptRun, PromptRunOptions, PromptRunRequest } from "../hub/prompt-run.ts";
import { OutputTurn } from "./output/output-turn.ts";
import { describedSchema, instructions } from "./output/read-schema.ts";
import type { PromptPreparation } from "./prepare-prompt.ts";

type Run = (request: PromptRunRequest, options: PromptRunOptions) => PromptRun;

/** `session.prompt`: one turn, or with a schema one or two. */
export function createPrompt(preparation: PromptPreparation, run: Run) {
  function prompt<Schema extends OutputSchema>(
    session: SessionRef,
    content: PromptContent,
    options: PromptOpts & { readonly output: Schema },
  ): PromptCall<OutputResult<OutputIn<Schema>>>;
  function prompt(session: SessionRef, content: PromptContent, options?: PromptOpts): PromptCall;
  function prompt(
    session: SessionRef,
    content: PromptContent,
    options: PromptOpts & { readonly output?: OutputSchema | undefined } = {},
  ): PromptCall {
    const { signal, ifRunning, timeouts, permissionPolicy, questionPolicy, tools, output, ...rest } = options;
    const sessionId = toSessionId(session);
    const policies = preparation.policies(sessionId, { permissionPolicy, questionPolicy });
    const prompting = { signal, ifRunning, timeouts, policies };
    const sent = { ...rest, toolsOff: toToolsOff(tools, ifRunning) };
    if (output === undefined) {
      return createPromptCall(run(preparation.request(sessionId, content, sent), prompting));
    }
    const first = preparation.request(sessionId, content, sent, () => instructions(describedSchema(output)));
    const repair = (text: string) => {
      // A turn of its own: it can't have the name of the first.
      const request = preparation.request(sessionId, text, { ...sent, messageId: undefined });
      return run(request, { signal, timeouts, policies });
    };
    return createPromptCall(run(first, prompting), new OutputTurn(output, repair));
  }
  return prompt;
}

/** `session.command`: a turn as of a prompt. */
export function createCommand(
  preparation: PromptPreparation,
  run: Run,
): ManagedEngineClient["session"]["command"] {
  return (session, name, args = "", options = {}) => {
    const { signal, ifRunning, timeouts, permissionPolicy, questionPolicy, ...sent } = options;
    const sessionId = toSessionId(session);
    const policies = preparation.policies(sessionId, { permissionPolicy, questionPolicy });
    const request = preparation.command(sessionId, { name: name.replace(/^\//, ""), arguments: args }, sent);
    return createPromptCall(run(request, { signal, ifRunning, timeouts, policies }));
  };
}
