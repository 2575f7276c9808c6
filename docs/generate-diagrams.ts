// Rewrites the diagrams of state-machines.md from the tables: `node docs/generate-diagrams.ts`.
import { readFileSync, writeFileSync } from "node:fs";
import { connectionMachine } from "../src/lifecycle/connection-machine.ts";
import { permissionMachine } from "../src/lifecycle/permission-machine.ts";
import { sessionMachine } from "../src/lifecycle/session-machine.ts";
import { toolCallMachine } from "../src/lifecycle/tool-call-machine.ts";

export const page = new URL("./state-machines.md", import.meta.url);

const diagrams = new Map(
  [sessionMachine, connectionMachine, toolCallMachine, permissionMachine].map(({ name, diagram }) => [
    name,
    diagram,
  ]),
);

/** The page with what stands between `<!-- diagram: NAME -->` and `<!-- /diagram -->` drawn anew. */
export function withDiagrams(text: string): string {
  const drawn = new Set<string>();
  const result = text.replace(
    /(<!-- diagram: (.+?) -->\n)[\s\S]*?(<!-- \/diagram -->)/g,
    (_, start: string, name: string, end: string) => {
      const diagram = diagrams.get(name);
      if (!diagram) throw new Error(`The page asks for a diagram of "${name}", which is no machine.`);
      drawn.add(name);
      return `${start}\n\`\`\`mermaid\n${diagram()}\n\`\`\`\n\n${end}`;
    },
  );
  for (const name of diagrams.keys()) {
    if (!drawn.has(name)) throw new Error(`The page has no place for the diagram of "${name}".`);
  }
  return result;
}

if (import.meta.main) {
  const before = readFileSync(page, "utf8");
  const after = withDiagrams(before);
  if (after !== before) writeFileSync(page, after);
  process.stdout.write(
    after === before ? "The diagrams were up to date.\n" : "The diagrams are drawn anew.\n",
  );
}
