import { defineConfig } from "tsup";

/** One config, several entries, shared chunks: two configs would ship two copies of every class. */
export default defineConfig({
  entry: ["src/index.ts", "src/node.ts", "src/testing.ts"],
  format: "esm",
  target: "es2023",
  platform: "neutral",
  splitting: true,
  dts: true,
  sourcemap: true,
  clean: true,
  // Without this tsup strips `node:` from imports, and `node:sqlite` has no bare name.
  removeNodeProtocol: false,
});
