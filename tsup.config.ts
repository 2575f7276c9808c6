import { defineConfig } from "tsup";

/** One config, several entries, shared chunks: two configs would ship two copies of every class. */
export default defineConfig({
  // The keeper is a program, not a module to import: `./node` starts it by its place beside the chunks.
  entry: {
    index: "src/index.ts",
    node: "src/node.ts",
    server: "src/server.ts",
    acp: "src/acp.ts",
    testing: "src/testing.ts",
    cli: "src/cli.ts",
    keeper: "src/node/process/keeper.ts",
  },
  format: "esm",
  target: "es2023",
  platform: "neutral",
  splitting: true,
  // `AsyncDisposable` is in no lib that consumers have by default.
  dts: { banner: '/// <reference lib="esnext.disposable" />' },
  sourcemap: true,
  // The package holds `src`, so the maps need not hold it once more.
  esbuildOptions: (options) => {
    options.sourcesContent = false;
  },
  clean: true,
  // Without this tsup strips `node:` from imports, and `node:sqlite` has no bare name.
  removeNodeProtocol: false,
  // The platform is neutral for the sake of the browser; only the Node entries import these.
  external: [/^node:/],
});
