/**
 * Agents that speak the Agent Client Protocol, as engines: OpenCode, Gemini CLI, and the adapters of Claude Code, Codex
 * and others.
 *
 * @module
 */
export { acpAgents, type KnownAgent, type KnownAgentOptions, knownAgents } from "./acp/agents.ts";
export { acpDriver } from "./acp/driver.ts";
export type { FileAccess } from "./acp/file-requests.ts";
export type { AcpDriverOptions } from "./acp/options.ts";
