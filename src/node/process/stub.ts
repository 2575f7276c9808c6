import { closeSync, existsSync, openSync, readSync, realpathSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { EngineError } from "../../engine/errors.ts";
import { type Machine, platformPackages, thisMachine } from "./platform-packages.ts";

/** The program has 180 MB, the stub a few hundred bytes. */
const LONGEST_STUB = 16 * 1024;

/**
 * An install whose scripts did not run leaves a few lines of shell where the program should be; the program itself is in
 * a package of its own then. `undefined`: that file is no stub.
 * @throws EngineError `PROCESS_FAILED` with the command that mends it, when the program is nowhere
 */
export function behindStub(file: string, machine: Machine = thisMachine()): string | undefined {
  const root = stubPackage(file);
  if (root === undefined) return undefined;
  const packages = platformPackages(machine);
  const program = machine.platform === "win32" ? "opencode.exe" : "opencode";
  for (const name of packages) {
    const path = programOf(root, name, program);
    if (path !== undefined) return path;
  }
  throw new EngineError(
    "PROCESS_FAILED",
    `${file} is only a stub, because the install script of opencode-ai did not run, and no package with its program (${packages.join(", ")}) is beside it. ${mending(root)}`,
    { engine: "opencode" },
  );
}

/** The folder of the package whose stub that file is, or starts; `undefined`: it is none. */
function stubPackage(file: string): string | undefined {
  const stub = [file, ...exeOfShim(file)].find(isStub);
  return stub === undefined ? undefined : dirname(dirname(realpathSync(stub)));
}

/** What makes a stub the program, in one sentence; `undefined` for a file that is none. */
export function mendStub(file: string): string | undefined {
  const root = stubPackage(file);
  return root === undefined ? undefined : mending(root);
}

function mending(packageFolder: string): string {
  const script = JSON.stringify(join(packageFolder, "postinstall.mjs"));
  return `Run \`node ${script}\`, or \`npm install -g opencode-ai --allow-scripts=opencode-ai\`.`;
}

export function isStub(file: string): boolean {
  try {
    if (statSync(file).size > LONGEST_STUB) return false;
    return /postinstall script was not run/.test(head(file));
  } catch {
    return false;
  }
}

/** The program that a `.cmd` of npm starts: beside it lies the package, or the folder of all packages. */
function exeOfShim(file: string): readonly string[] {
  if (!/\.cmd$/i.test(file)) return [];
  const folder = dirname(file);
  return [join(folder, ".."), join(folder, "node_modules")].map((packages) =>
    join(packages, "opencode-ai", "bin", "opencode.exe"),
  );
}

function programOf(root: string, name: string, program: string): string | undefined {
  try {
    // As Node would find it from there: beside the package, or further up.
    const manifest = createRequire(join(root, "package.json")).resolve(`${name}/package.json`);
    const path = join(dirname(manifest), "bin", program);
    return existsSync(path) ? path : undefined;
  } catch {
    return undefined;
  }
}

function head(file: string): string {
  const descriptor = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(LONGEST_STUB);
    return bytes.toString("utf8", 0, readSync(descriptor, bytes, 0, LONGEST_STUB, 0));
  } finally {
    closeSync(descriptor);
  }
}
