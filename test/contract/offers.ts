import type { MockEngineOptions } from "../../src/testing/mock-engine.ts";

/** What the engine behind the server has, so that it can do whatever the contract carries. */
export const offers = {
  models: [{ id: "acme/large", name: "Large", isDefault: true, variants: ["high"] }],
  providers: [{ id: "acme", name: "Acme", credentials: { source: "login", variables: ["ACME_KEY"] } }],
  agents: [{ id: "build", role: "primary", isDefault: true }],
  commands: [{ name: "review", placeholders: ["$1"] }],
  diff: [{ path: "a.ts", status: "modified", additions: 1, deletions: 0, patch: "+a" }],
  mcpServers: [{ name: "files", status: "connected", toolPrefix: "files_" }],
  capabilities: { reviewEdits: true },
} as const satisfies MockEngineOptions;
