import { randomBytes } from "node:crypto";
import { chmod, mkdir, readFile, realpath, rename, rm, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { reasonOf } from "../../engine/errors.ts";
import { type ConfigObject, isConfigObject, type KeyPath, printKeyPath } from "./config-object.ts";
import { workspaceConfigurationFile } from "./configuration-files.ts";
import { editText } from "./edit-text.ts";
import { withoutForbiddenKeys } from "./merge.ts";
import { configInvalid, parseConfiguration } from "./parse.ts";

export interface SaveWorkspaceOptions {
  /** Default: `process.cwd()`. */
  readonly workingDirectory?: string | undefined;
}

/**
 * Merges changes into `engineConfig.opencode` of the workspace's `.quantumreef/config.json`, which is made if there is
 * none: objects deeply, lists replaced, `undefined` removes. What is not changed stays as it is written, with its
 * comments, its order and its placeholders. The file is replaced at once: nobody reads half of it.
 *
 * @example
 * ```ts
 * await saveWorkspaceConfiguration({ model: "acme/large", provider: { acme: { options: { apiKey: "${ACME_KEY}" } } } });
 * ```
 * @returns the path of the file
 * @throws EngineError `CONFIG_INVALID` if the file is no JSON now (it is left alone), or can't be written
 */
export async function saveWorkspaceConfiguration(
  changes: ConfigObject,
  { workingDirectory = process.cwd() }: SaveWorkspaceOptions = {},
): Promise<string> {
  const [forbidden] = withoutForbiddenKeys(changes).dropped;
  if (forbidden !== undefined) {
    throw configInvalid(`The key ${printKeyPath(forbidden)} is never saved; leave it out.`);
  }
  const path = await workspaceConfigurationFile(workingDirectory);
  const before = await textOf(path);
  // A blank file is no JSON, and nothing that could be lost.
  let text = before?.trim() ? before : "{}\n";
  const bom = text.startsWith("\uFEFF") ? "\uFEFF" : "";
  text = text.slice(bom.length);
  const { config } = parseConfiguration(text, path);
  for (const [key, value] of differences([], { engineConfig: { opencode: changes } }, config)) {
    text = editText(text, key, value);
  }
  try {
    await replaceFile(path, bom + text);
  } catch (cause) {
    throw configInvalid(`${path} can't be written: ${reasonOf(cause)}.`, cause);
  }
  return path;
}

/** The values to set; whole objects where there is no object yet that they could be merged into. */
function* differences(
  path: KeyPath,
  changes: ConfigObject,
  config: ConfigObject,
): Iterable<readonly [KeyPath, unknown]> {
  for (const [key, value] of Object.entries(changes)) {
    const here = [...path, key];
    const before = Object.hasOwn(config, key) ? config[key] : undefined;
    if (isConfigObject(value) && isConfigObject(before)) yield* differences(here, value, before);
    else if (value !== undefined || before !== undefined) yield [here, value];
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // A link stays a link, and its file is replaced.
  const target = await realpath(path).catch(() => path);
  const draft = `${target}.${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  try {
    await writeFile(draft, text, { flag: "wx" });
    const mode = await stat(target).then(
      (stats) => stats.mode,
      () => undefined,
    );
    if (mode !== undefined) await chmod(draft, mode);
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw configInvalid(`${path} can't be read: ${reasonOf(cause)}.`, cause);
  }
}
