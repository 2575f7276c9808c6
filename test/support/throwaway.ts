import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { devNull, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";

/** What a temporary project consists of. */
export interface WorkspaceOptions {
  /** Whether to make it a git repository, with the files in one commit. Default false. */
  readonly git?: boolean;
  /** Contents by path. */
  readonly files?: Readonly<Record<string, string>>;
  /** Written to `opencode.json` (in a repository it is committed too). */
  readonly config?: object;
}

/** A temporary project folder. */
export interface Workspace extends AsyncDisposable {
  /** Its real path, as engines report it. */
  readonly directory: string;
  path(...segments: string[]): string;
  /** The text of a file. */
  read(name: string): Promise<string>;
  /** Removes it. May be called again. */
  remove(): Promise<void>;
}

/** Makes a temporary project folder. */
export async function createWorkspace(options: WorkspaceOptions = {}): Promise<Workspace> {
  const directory = await createFolder("workspace");
  const remove = () => removeFolder(directory);
  const files = { ...options.files };
  if (options.config) files["opencode.json"] = JSON.stringify(options.config, undefined, 2);
  try {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(directory, name)), { recursive: true });
      await writeFile(join(directory, name), content);
    }
    if (options.git) await commitAll(directory);
  } catch (error) {
    await remove();
    throw error;
  }
  return {
    directory,
    path: (...segments) => join(directory, ...segments),
    read: (name) => readFile(join(directory, name), "utf8"),
    remove,
    [Symbol.asyncDispose]: remove,
  };
}

/** A new temporary folder; the real path, since macOS reaches its temporary folder through a link. */
export async function createFolder(purpose: string): Promise<string> {
  return mkdtemp(join(await realpath(tmpdir()), `quantumreef-${purpose}-`));
}

/** Removes a folder with all in it, also while a dying process still writes to it. */
export async function removeFolder(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
}

async function commitAll(directory: string): Promise<void> {
  const git = (...args: string[]) => promisify(execFile)("git", args, { cwd: directory, env: gitEnv });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  // OpenCode names a project after its first commit: the same commit in two folders would make them one project.
  await git("commit", "--quiet", "--allow-empty", `--message=Start ${directory}`);
}

const author = { NAME: "Test", EMAIL: "test@example.invalid" };
const gitEnv = {
  PATH: process.env.PATH ?? "",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: devNull,
  GIT_CONFIG_SYSTEM: devNull,
  GIT_AUTHOR_NAME: author.NAME,
  GIT_AUTHOR_EMAIL: author.EMAIL,
  GIT_COMMITTER_NAME: author.NAME,
  GIT_COMMITTER_EMAIL: author.EMAIL,
};
