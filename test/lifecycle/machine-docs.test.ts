import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { page, withDiagrams } from "../../docs/generate-diagrams.ts";
import { sessionMachine } from "../../src/lifecycle/session-machine.ts";

describe("docs/state-machines.md", () => {
  const text = readFileSync(page, "utf8").replaceAll("\r\n", "\n");

  it("shows the tables as they are (else: node docs/generate-diagrams.ts)", () => {
    expect(text).toBe(withDiagrams(text));
  });

  it("is noticed when it is out of date", () => {
    const stale = text.replace("idle --> running : prompt_started", "idle --> running : something_else");
    expect(stale).not.toBe(text);
    expect(withDiagrams(stale)).toBe(text);
    expect(text).toContain(sessionMachine.diagram());
  });

  it("can't lose a diagram or ask for one that does not exist", () => {
    expect(() => withDiagrams(text.replace("diagram: session", "diagram: sesion"))).toThrow('"sesion"');
    expect(() => withDiagrams(text.replace("<!-- diagram: session -->", ""))).toThrow('"session"');
  });
});
