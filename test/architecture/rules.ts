/** A room of `src/`, as CONTRIBUTING.md describes it. Of two that fit a file, the one named first has it. */
export interface Room {
  readonly name: string;
  /** It may import what stands on a lower level, and itself. */
  readonly level: number;
  /** Paths below `src/`: a file, or a folder with its slash. */
  readonly holds: readonly string[];
}

export const rooms: readonly Room[] = [
  { name: "engine", level: 0, holds: ["engine/"] },
  { name: "lifecycle", level: 1, holds: ["lifecycle/"] },
  { name: "stream", level: 1, holds: ["stream/"] },
  { name: "diff", level: 1, holds: ["diff/"] },
  { name: "transcript", level: 1, holds: ["transcript/"] },
  { name: "hub", level: 2, holds: ["hub/"] },
  { name: "http", level: 2, holds: ["http.ts", "http/"] },
  { name: "v1 schemas", level: 2, holds: ["v1/schema.ts", "v1/schema/", "v1/paths.ts"] },
  { name: "create-engine-client", level: 3, holds: ["create-engine-client.ts", "create-engine-client/"] },
  { name: "automation", level: 3, holds: ["automation/"] },
  { name: "engines", level: 3, holds: ["engines/"] },
  { name: "v1 driver", level: 3, holds: ["v1/"] },
  { name: "server", level: 3, holds: ["server/"] },
  { name: "opencode", level: 4, holds: ["opencode/"] },
  { name: "process", level: 4, holds: ["process/"] },
  { name: "node", level: 5, holds: ["node/"] },
  { name: "acp", level: 5, holds: ["acp/"] },
  { name: "testing", level: 5, holds: ["testing/"] },
  // Each entry file is a room of its own: none is built on another.
  { name: "index.ts", level: 6, holds: ["index.ts"] },
  { name: "node.ts", level: 6, holds: ["node.ts"] },
  { name: "cli", level: 6, holds: ["cli.ts", "cli/"] },
  { name: "testing.ts", level: 6, holds: ["testing.ts"] },
  { name: "server.ts", level: 6, holds: ["server.ts"] },
  { name: "acp.ts", level: 6, holds: ["acp.ts"] },
];

/** Which packages may be imported at all, and where. */
export interface PackageRule {
  readonly specifier: RegExp;
  readonly rooms: readonly string[];
  /** Only in files with such a path. */
  readonly files?: RegExp;
  /** The rule in words. */
  readonly says: string;
}

const schemaFiles = /(^|\/)schema(\.ts|\/[^/]+\.ts)$/;
const nodeRooms = ["process", "node", "acp", "testing", "node.ts", "cli", "acp.ts", "testing.ts"];

export const packages: readonly PackageRule[] = [
  { specifier: /^ky$/, rooms: ["http"], says: "ky is imported in the room http only" },
  {
    specifier: /^eventsource-parser$/,
    rooms: ["stream"],
    says: "eventsource-parser is imported in the room stream only",
  },
  { specifier: /^diff(\/.+)?$/, rooms: ["diff"], says: "diff is imported in the room diff only" },
  {
    specifier: /^zod\/mini$/,
    rooms: ["v1 schemas", "v1 driver", "server", "opencode", "acp", "testing"],
    files: schemaFiles,
    says: "zod/mini is imported in schema files only, from v1, server, opencode, acp and testing",
  },
  {
    specifier: /^zod$/,
    rooms: ["node"],
    files: schemaFiles,
    says: "full zod is imported in the schema files of node/ only; elsewhere it is zod/mini",
  },
  {
    specifier: /^jsonc-parser$/,
    rooms: ["node"],
    says: "jsonc-parser is imported in the room node only",
  },
  {
    specifier: /^cross-spawn$/,
    rooms: ["node", "acp"],
    files: /^(node\/process|acp)\//,
    says: "cross-spawn is imported in node/process/ and acp/ only",
  },
  {
    specifier: /^srvx$/,
    rooms: ["server"],
    files: /^server\/serve\.ts$/,
    says: "srvx is imported in server/serve.ts only",
  },
  { specifier: /^msw(\/.+)?$/, rooms: ["testing"], says: "msw is imported in the room testing only" },
  {
    specifier: /^@agentclientprotocol\/sdk(\/.+)?$/,
    rooms: ["acp"],
    says: "the ACP SDK is imported in the room acp only",
  },
  {
    specifier: /^node:/,
    rooms: nodeRooms,
    says: "Node's modules are imported in process/, node/, acp/, testing/ and their entry files only",
  },
];

/** What may be re-exported with `export *`, and may consist of re-exports. */
export const entryFiles: ReadonlySet<string> = new Set([
  "index.ts",
  "node.ts",
  "cli.ts",
  "testing.ts",
  "server.ts",
  "acp.ts",
]);

/** Files should have 50 to 200 lines; a longer one is no fault yet, one longer than this is. */
export const maxLines = 300;

/** What the bundle of the browser-safe entry may import besides its own chunks. */
export const browserPackages: ReadonlySet<string> = new Set([
  "diff/lib/patch/parse.js",
  "ky",
  "eventsource-parser",
  "zod/mini",
]);

/** Globals that only Node has. */
export const nodeGlobals: ReadonlySet<string> = new Set([
  "process",
  "Buffer",
  "global",
  "require",
  "module",
  "__dirname",
  "__filename",
  "setImmediate",
]);
