import { join } from "node:path";
import type { WireEntry } from "../../../src/testing/record/schema.ts";
import { readWireFile } from "../../../src/testing/record/wire-file.ts";

/** A version of the contract as it was frozen: what stands in its folder. */
export interface Frozen {
  /** For example `0.1`. */
  readonly version: string;
  /** Every byte that its client and its server said, in order. */
  readonly wire: string;
  /** What the client made of it. */
  readonly results: string;
  /** Its client, in one file. */
  readonly client: string;
}

export function frozenAs(version: string): Frozen {
  const folder = join(import.meta.dirname, "versions", version);
  return {
    version,
    wire: join(folder, "wire.jsonl"),
    results: join(folder, "results.json"),
    client: join(folder, "client.js"),
  };
}

export const entriesOf = ({ wire }: Frozen): readonly WireEntry[] => readWireFile(wire);

/** The name of this run of a server stands in every frame's id, and is another one each time. */
export function withoutBoot(text: string): string {
  return text.replace(/^id: [0-9a-f]{8}-/gm, "id: frozen00-");
}
