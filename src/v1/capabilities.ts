import { type EngineCapabilities, noCapabilities } from "../engine/capabilities.ts";
import { announcedCapabilities, expectedCapabilities } from "./schema/capabilities.ts";

/** What a server of the contract can do, as far as it does not say otherwise. */
export const v1Capabilities: EngineCapabilities = {
  ...noCapabilities,
  ...Object.fromEntries(expectedCapabilities.map((name) => [name, true])),
  // The server reads what stands at an address, and the client itself reaches its routes.
  urlAttachments: true,
  request: true,
};

/** What the server can do by its own account. Of what the contract does not carry it can only say that it lacks it. */
export function readCapabilities(told: Readonly<Record<string, boolean>> = {}): EngineCapabilities {
  const carried: ReadonlySet<string> = new Set([...expectedCapabilities, ...announcedCapabilities]);
  const counts = Object.entries(told).filter(
    ([name, can]) => Object.hasOwn(v1Capabilities, name) && (!can || carried.has(name)),
  );
  return { ...v1Capabilities, ...Object.fromEntries(counts) };
}
