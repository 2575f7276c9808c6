import type { EngineBrain } from "../../src/testing/conformance/brain.ts";
import type { OpenCodeConfig } from "../support/scripted-config.ts";
import { callTool, failWith, hang, nextStep, say, script } from "../support/scripted-model/script.ts";

const bash = (command: string) => callTool("bash", { command, description: command });

/** Prompts that make the real engine do what the conformance suite looks at, by its scripted model. */
export const scriptedBrain: Required<EngineBrain> = {
  say: (text) => script(say(text)),
  wait: (text) => (text === "" ? script(hang()) : script(say(text), hang())),
  useTools: (text) => script(bash("echo one"), nextStep(), bash("echo two"), nextStep(), say(text)),
  hangInTool: () => script(bash("sleep 300"), nextStep(), say("Never said.")),
  askPermission: (text) => script(bash("printf asked"), nextStep(), say(text)),
  fail: () => script(failWith(400)),
};

/** The one command that it asks for. */
export const scriptedPermissions: OpenCodeConfig = {
  permission: { bash: { "*": "allow", "printf *": "ask" } },
};
