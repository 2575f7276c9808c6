import { posix, win32 } from "node:path";

/**
 * The form in which a directory is passed to the engine, which would take a relative one from where it runs itself, and
 * tells directories by their text: absolute, without `..` or a slash at its end, on Windows with backslashes and a
 * capital drive letter, as the system itself writes them.
 */
export function absoluteDirectory(
  directory: string,
  cwd: string = process.cwd(),
  platform: NodeJS.Platform = process.platform,
): string {
  if (platform !== "win32") return posix.resolve(cwd, directory);
  return win32.resolve(cwd, directory).replace(/^[a-z]:/, (drive) => drive.toUpperCase());
}
