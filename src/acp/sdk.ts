import { EngineError } from "../engine/errors.ts";

// Optional: who imports this entry and speaks with no agent needs no SDK.
const sdk = await import("@agentclientprotocol/sdk").catch((cause: unknown) => ({
  client: undefined,
  cause,
}));

/** The official SDK. @throws EngineError `UNSUPPORTED` where it is not installed */
export function acpSdk() {
  if (sdk.client !== undefined) return sdk;
  const message =
    "acpDriver() needs the SDK of the Agent Client Protocol, which is not installed: npm install @agentclientprotocol/sdk";
  throw new EngineError("UNSUPPORTED", message, { cause: sdk.cause });
}

/** Codes of JSON-RPC, and of the protocol. */
export const rpcCodes = {
  authRequired: -32_000,
  notFound: -32_002,
  methodNotFound: -32_601,
  invalidParams: -32_602,
  internal: -32_603,
} as const;

/** An answer that says no: thrown by what serves a request of the agent. */
export function refusal(code: keyof typeof rpcCodes, message: string): Error {
  const { RequestError } = acpSdk();
  return new RequestError(rpcCodes[code], message);
}
