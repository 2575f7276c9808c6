import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, inject, it } from "vitest";
import { typescriptVersions } from "./expected.ts";
import { run } from "./run.ts";

const { plain, withNodeTypes, compilers } = inject("installed");

const strict = {
  target: "es2022",
  strict: true,
  exactOptionalPropertyTypes: true,
  noUncheckedIndexedAccess: true,
  noPropertyAccessFromIndexSignature: true,
  verbatimModuleSyntax: true,
  noEmit: true,
};

const resolutions = {
  nodenext: { module: "nodenext", moduleResolution: "nodenext" },
  bundler: { module: "esnext", moduleResolution: "bundler" },
};

const consumers = {
  "in a browser": {
    folder: plain,
    lib: ["es2022", "dom"],
    types: [],
    files: ["browser.ts"],
    skipLibCheck: false,
  },
  "in Node": {
    folder: withNodeTypes,
    lib: ["es2022"],
    types: ["node"],
    files: ["browser.ts", "node.ts", "server.ts", "acp.ts"],
    skipLibCheck: false,
  },
  // It names types of msw, whose own declarations do not stand a check.
  "in tests": {
    folder: withNodeTypes,
    lib: ["es2022"],
    types: ["node"],
    files: ["testing.ts"],
    skipLibCheck: true,
  },
};

describe.each(typescriptVersions)("with TypeScript %s", (version) => {
  for (const [place, { folder, lib, types, files, skipLibCheck }] of Object.entries(consumers)) {
    for (const [name, resolution] of Object.entries(resolutions)) {
      it.concurrent(`a consumer ${place} compiles (${name})`, async ({ expect }) => {
        const config = join(folder, `tsconfig.${version}.${place.replaceAll(" ", "-")}.${name}.json`);
        const compilerOptions = { ...strict, ...resolution, lib, types, skipLibCheck };
        writeFileSync(config, JSON.stringify({ compilerOptions, files }));
        const tsc = join(compilers, `node_modules/ts-${version}/bin/tsc`);
        const { code, stdout, stderr } = await run(process.execPath, [tsc, "--project", config], folder);
        expect(stdout + stderr).toBe("");
        expect(code).toBe(0);
      });
    }
  }

  it("is that version", async () => {
    const tsc = join(compilers, `node_modules/ts-${version}/bin/tsc`);
    const { stdout } = await run(process.execPath, [tsc, "--version"], compilers);
    expect(stdout.trim()).toBe(`Version ${version}`);
  });

  it.concurrent("mistakes are found: the types are not all `any`", async ({ expect }) => {
    const config = join(plain, `tsconfig.${version}.mistakes.json`);
    const compilerOptions = { ...strict, ...resolutions.nodenext, lib: ["es2022", "dom"], types: [] };
    writeFileSync(config, JSON.stringify({ compilerOptions, files: ["mistakes.ts"] }));
    const tsc = join(compilers, `node_modules/ts-${version}/bin/tsc`);
    const { stdout } = await run(process.execPath, [tsc, "--project", config], plain);
    const lines = [...stdout.matchAll(/mistakes\.ts\((\d+),/g)].map(([, line]) => Number(line));
    expect(lines, stdout).toEqual([]);
  });
});
