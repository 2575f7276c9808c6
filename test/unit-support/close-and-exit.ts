import { hang, pause, say, script } from "../support/scripted-model/script.ts";
import { startScriptedModel } from "../support/scripted-model/server.ts";
import { ask } from "./model-client.ts";

// Run by a test as a process of its own: after close() it has to end by itself, with replies still under way.
const model = await startScriptedModel();
const prompts = [script(say("x"), pause(3_600_000)), script(hang()), script(say("x"))];
await Promise.all(prompts.map((prompt) => ask(model, prompt)));
await model.close();
process.stdout.write("closed");
