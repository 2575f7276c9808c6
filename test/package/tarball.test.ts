import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { expect, inject, it } from "vitest";
import manifest from "../../package.json" with { type: "json" };
import { maxTarballBytes } from "./expected.ts";
import { run } from "./run.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { tarball, files, size, unpackedSize, plain } = inject("installed");

it("holds the build, the source, the guides and the papers, and no tests", () => {
  const known = /^(dist\/|src\/|docs\/[\w-]+\.md$|docs\/openapi\.json$|package\.json$|[A-Z]+(\.md)?$)/;
  const strangers = files.filter((path) => !known.test(path));
  expect(strangers).toEqual([]);
  // No entry, but a program that `./node` starts.
  expect(files).toContain("dist/keeper.js");
  expect(files.filter((path) => /test-d|\.test\.|__|fixture/.test(path))).toEqual([]);
  expect(files).toEqual(
    expect.arrayContaining(["package.json", "LICENSE", "README.md", "CHANGELOG.md", "dist/index.js"]),
  );
});

it("has the guides that its README leads to", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const guides = [...readme.matchAll(/\]\((docs\/[\w.-]+)/g)].map(([, path]) => path);
  expect(guides.length).toBeGreaterThan(30);
  expect(files).toEqual(expect.arrayContaining(guides));
});

it("has a type file and a source for every entry", () => {
  for (const entry of Object.values(manifest.exports)) {
    if (typeof entry === "string") continue;
    for (const path of [entry.types, entry.default, entry["@quantumreef/source"]]) {
      expect(files).toContain(path.replace("./", ""));
    }
  }
});

it("is small", () => {
  const kilobytes = (bytes: number) => `${Math.round(bytes / 1000)} kB`;
  process.stdout.write(
    `The tarball: ${kilobytes(size)}, ${kilobytes(unpackedSize)} unpacked, ${files.length} files.\n`,
  );
  expect(size).toBeLessThan(maxTarballBytes);
});

it("is clean for publint", async () => {
  const pkgDir = join(plain, "node_modules", manifest.name);
  const { messages, pkg } = await publint({ pkgDir, strict: true, pack: false });
  expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
});

it("is clean for attw", async () => {
  const attw = fileURLToPath(import.meta.resolve("@arethetypeswrong/cli/package.json"));
  const cli = attw.replace("package.json", "dist/index.js");
  const args = [cli, tarball, "--profile", "esm-only", "--no-definitely-typed", "--no-color", "--no-emoji"];
  const { code, stdout, stderr } = await run(process.execPath, args, root);
  expect(code, stdout + stderr).toBe(0);
});
