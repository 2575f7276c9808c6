// Writes what stands in a folder of `versions`, of the version as it is now: `node --conditions=@quantumreef/source test/contract/frozen/freeze.ts`. Once for
// each minor version, when it is released; what is there is never written again.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { build } from "esbuild";
import manifest from "../../../package.json" with { type: "json" };
import { OpenCodeClient } from "../../../src/opencode/client.ts";
import { recordWire } from "../../../src/testing/record/record-wire.ts";
import { serveFrozenEngine } from "./engine.ts";
import { frozenAs } from "./transcript.ts";
import { useEveryRoute } from "./use-every-route.ts";

const frozen = frozenAs(manifest.version.split(".", 2).join("."));
if (existsSync(frozen.wire)) throw new Error(`${frozen.version} is frozen already.`);
mkdirSync(dirname(frozen.wire), { recursive: true });

await using server = serveFrozenEngine();
await using wire = recordWire({ file: frozen.wire, fetch: server.fetch });
const client = new OpenCodeClient({ protocol: "v1", fetch: wire.fetch });
const results = await useEveryRoute(client);
writeFileSync(frozen.results, `${JSON.stringify(results, null, 2)}\n`);
await client.dispose();

await build({
  stdin: {
    contents: 'export { OpenCodeClient } from "./src/index.ts";',
    resolveDir: process.cwd(),
    loader: "ts",
  },
  outfile: frozen.client,
  bundle: true,
  minify: true,
  format: "esm",
  platform: "neutral",
  mainFields: ["module", "main"],
  banner: { js: `// @quantumreef/engine-client ${manifest.version}, as it was. Written by freeze.ts.` },
});
