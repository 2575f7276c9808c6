import { lstat, realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, sep } from "node:path";

/** The path leads out of the folder, or nobody can say where it leads. */
export class OutsideError extends Error {}

/**
 * Where a path really leads, with every link followed, also of a file that is not there yet.
 * @throws OutsideError when that is not in the folder, or the path is not absolute
 */
export async function resolveInside(folder: string, path: string): Promise<string> {
  if (!isAbsolute(path)) throw new OutsideError(`${path} is not an absolute path.`);
  if (path.includes("\0")) throw new OutsideError("A path can't hold a NUL.");
  const [root, target] = await Promise.all([realpath(folder), resolveLinks(path)]);
  const way = relative(root, target);
  if (way === ".." || way.startsWith(`..${sep}`) || isAbsolute(way))
    throw new OutsideError(`${path} is outside of the session's directory ${folder}.`);
  return target;
}

/** As `realpath`, for paths whose end does not exist. */
async function resolveLinks(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  // A link to nowhere: whoever writes to it makes a file there.
  const isLink = await lstat(path).then(
    (found) => found.isSymbolicLink(),
    () => false,
  );
  if (isLink) throw new OutsideError(`${path} is a link to what does not exist.`);
  const parent = dirname(path);
  if (parent === path) return path;
  // `..` behind what does not exist has no meaning that everybody agrees on.
  if (basename(path) === "..") throw new OutsideError(`${path} goes through a folder that does not exist.`);
  return join(await resolveLinks(parent), basename(path));
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}
