import { constants } from "node:fs";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type {
  ReadTextFileRequest,
  ReadTextFileResponse,
  WriteTextFileRequest,
} from "@agentclientprotocol/sdk";
import { reasonOf } from "../engine/errors.ts";
import { OutsideError, resolveInside } from "./inside.ts";
import { acpSdk, refusal } from "./sdk.ts";

/** What an agent may do to files through its client. */
export type FileAccess = "none" | "read" | "read-write";

/** Bytes of a file that is read or written for an agent. */
export const LARGEST_FILE = 16 * 1024 * 1024;

// Windows has neither: there a link needs a right of its own to be made.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** @throws what the agent is answered for what may not be read: the agent gets it as its answer */
export async function readFileFor(
  folder: string,
  { path, line, limit }: ReadTextFileRequest,
): Promise<ReadTextFileResponse> {
  return answer(async () => {
    const target = await resolveInside(folder, path);
    const flags = constants.O_RDONLY | NO_FOLLOW | NO_WAIT;
    const text = await withFile(target, flags, async (file) => {
      const { size } = await regular(file, path);
      if (size > LARGEST_FILE) throw tooLarge(path, size);
      return file.readFile("utf8");
    });
    if (line == null && limit == null) return { content: text };
    const start = Math.max(0, (line ?? 1) - 1);
    const lines = text.split(/(?<=\n)/);
    return { content: lines.slice(start, limit == null ? undefined : start + limit).join("") };
  });
}

/** @throws what the agent is answered for what may not be written */
export async function writeFileFor(
  folder: string,
  { path, content }: WriteTextFileRequest,
): Promise<Record<string, never>> {
  return answer(async () => {
    const size = Buffer.byteLength(content);
    if (size > LARGEST_FILE) throw tooLarge(path, size);
    const target = await resolveInside(folder, path);
    await mkdir(dirname(target), { recursive: true });
    const flags = constants.O_WRONLY | constants.O_CREAT | NO_FOLLOW | NO_WAIT;
    await withFile(target, flags, async (file) => {
      await regular(file, path);
      await file.truncate(0);
      await file.writeFile(content);
    });
    return {};
  });
}

async function withFile<T>(path: string, flags: number, work: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await open(path, flags);
  try {
    return await work(file);
  } finally {
    await file.close();
  }
}

/** Neither a folder nor a device nor a pipe, which never ends. */
async function regular(file: FileHandle, path: string) {
  const found = await file.stat();
  if (!found.isFile()) throw new OutsideError(`${path} is no file.`);
  return found;
}

function tooLarge(path: string, size: number): Error {
  return refusal("invalidParams", `${path} has ${size} bytes; ${LARGEST_FILE} are allowed`);
}

async function answer<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof acpSdk().RequestError) throw error;
    if (error instanceof OutsideError) throw refusal("invalidParams", error.message);
    if (error instanceof Error && "code" in error && error.code === "ENOENT") {
      throw refusal("notFound", error.message);
    }
    throw refusal("internal", reasonOf(error));
  }
}
