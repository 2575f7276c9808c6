import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { TestProject } from "vitest/node";
import manifest from "../../package.json" with { type: "json" };
import { typescriptVersions } from "./expected.ts";
import { output } from "./run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The package, packed and installed as a user would. */
export interface Installed {
  readonly tarball: string;
  /** The paths inside the tarball. */
  readonly files: readonly string[];
  /** Bytes of the tarball. */
  readonly size: number;
  readonly unpackedSize: number;
  /** A folder with nothing but the package and its own dependencies. */
  readonly plain: string;
  /** The same, `@types/node`, and the optional peer whose types `./testing` tells. */
  readonly withNodeTypes: string;
  /** Where the compilers are: `node_modules/ts-5.9.3` and so on. */
  readonly compilers: string;
}

declare module "vitest" {
  interface ProvidedContext {
    readonly installed: Installed;
  }
}

/** vitest runs it once, before all test files. */
export async function setup(project: TestProject): Promise<() => void> {
  assertFreshBuild();
  const folder = mkdtempSync(join(tmpdir(), "engine-client-package-"));
  const remove = () => rmSync(folder, { recursive: true, force: true });
  try {
    project.provide("installed", await packAndInstall(folder));
    return remove;
  } catch (error) {
    remove();
    throw error;
  }
}

/** Testing yesterday's build would prove nothing. */
function assertFreshBuild(): void {
  const newest = (pattern: string) =>
    Math.max(0, ...globSync(pattern, { cwd: root }).map((path) => statSync(join(root, path)).mtimeMs));
  const built = newest("dist/index.d.ts");
  if (built === 0) throw new Error(`There is no build. Run "npm run build" first.`);
  if (built < newest("src/**/*.ts"))
    throw new Error(`The build is older than src. Run "npm run build" first.`);
}

async function packAndInstall(folder: string): Promise<Installed> {
  const packed = await pack(folder);
  const nodeTypes = `@types/node@${manifest.devDependencies["@types/node"]}`;
  const msw = `msw@${manifest.devDependencies.msw}`;
  const [plain, withNodeTypes, compilers] = await Promise.all([
    install(join(folder, "plain"), [packed.tarball]),
    install(join(folder, "with-node-types"), [packed.tarball, nodeTypes, msw]),
    install(
      join(folder, "compilers"),
      typescriptVersions.map((version) => `ts-${version}@npm:typescript@${version}`),
    ),
  ]);
  for (const consumer of [plain, withNodeTypes]) {
    cpSync(join(root, "test/package/consumer"), consumer, { recursive: true });
  }
  return { ...packed, plain, withNodeTypes, compilers };
}

async function pack(folder: string) {
  // Without scripts: `prepack` would build once more.
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const [told]: [PackReport] = JSON.parse(await output("npm", args, root));
  const files = told.files.map(({ path }) => path);
  return { tarball: join(folder, told.filename), files, size: told.size, unpackedSize: told.unpackedSize };
}

interface PackReport {
  readonly filename: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly { readonly path: string }[];
}

async function install(folder: string, packages: readonly string[]): Promise<string> {
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"];
  await output("npm", ["install", "--prefix", folder, ...quiet, ...packages], folder);
  return folder;
}
