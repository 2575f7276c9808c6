import { readdirSync, readFileSync } from "node:fs";
import { setTimeout } from "node:timers/promises";
import type { CreateOpenCodeOptions } from "@quantumreef/engine-client/node";
import { onTestFinished } from "vitest";
import { identityOf } from "../../src/process/process-table.ts";
import { scriptedConfig } from "../support/scripted-config.ts";
import { startScriptedModel } from "../support/scripted-model/server.ts";
import { takeSlot } from "../support/slots.ts";
import { createWorkspace } from "../support/throwaway.ts";
import { homeEnv, openHome, writeGlobalConfig } from "../support/throwaway-home.ts";

/** A scripted model, a project and a home; and what `createOpenCode` needs to start a server there. For one test. */
export async function setUpMachine() {
  const slot = await takeSlot();
  onTestFinished(() => slot.release());
  const model = await startScriptedModel();
  onTestFinished(() => model.close());
  const workspace = await createWorkspace({ git: true });
  onTestFinished(() => workspace.remove());
  const home = await openHome();
  onTestFinished(() => home.remove());
  const config = scriptedConfig(model);
  await writeGlobalConfig(home.directory, config);
  // Whatever a test leaves behind in spite of all.
  onTestFinished(() => {
    for (const pid of processesOf(home.directory)) process.kill(pid, "SIGKILL");
  });
  const options = {
    port: 0,
    workingDirectory: workspace.directory,
    serverDirectory: workspace.directory,
    env: homeEnv(home.directory),
  } satisfies CreateOpenCodeOptions;
  return {
    options,
    workspace,
    config,
    home: home.directory,
    state: `${home.directory}/.local/state/quantumreef`,
  };
}

/**
 * Processes that live in this home: an engine, and whatever it started that keeps its environment; programs of
 * `run-program.ts` and the keepers that they started.
 */
export function processesOf(home: string): number[] {
  const living = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return living.map(Number).filter((pid) => {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
      if (!environment.includes(`HOME=${home}`) && !environment.includes(`TMPDIR=${home}`)) return false;
      return !/\) [ZX] /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
    } catch {
      return false;
    }
  });
}

/** Whether it runs: one that is dead and was not fetched by its parent does not. */
export async function lives(pid: number | undefined): Promise<boolean> {
  return pid !== undefined && (await identityOf(pid)) !== undefined;
}

/** Resolves with how many milliseconds it took until there was no process in this home; fails after `ms`. */
export async function emptyWithin(home: string, ms: number): Promise<number> {
  const began = performance.now();
  for (let left = processesOf(home); left.length > 0; left = processesOf(home)) {
    if (performance.now() - began > ms) {
      const names = left.map((pid) => readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " "));
      throw new Error(`Still there after ${ms} ms: ${names.join("; ")}`);
    }
    await setTimeout(20);
  }
  return performance.now() - began;
}
