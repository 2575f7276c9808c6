import { describe, expect, it } from "vitest";
import { faultsOf } from "../../../src/node/doctor/faults.ts";
import { formatReport } from "../../../src/node/doctor/format-report.ts";
import type { DoctorReport } from "../../../src/node/doctor/report.ts";
import { type ExplainSettingsOptions, explainSettings } from "../../../src/node/settings/explain-settings.ts";

type Findings = Omit<DoctorReport, "ok" | "faults">;

const url = "http://127.0.0.1:4096";
const error = { code: "PROCESS_FAILED", message: "It is broken. Mend it." } as const;

/** A machine on which all is well. `settings` are those of a folder without any configuration. */
async function well(options: ExplainSettingsOptions = {}): Promise<Findings> {
  const env = { HOME: "/nowhere", XDG_CONFIG_HOME: undefined, OPENCODE_CONFIG: undefined, ...options.env };
  const settings = await explainSettings({ workingDirectory: "/nowhere", ...options, env });
  return {
    node: "v24.0.0",
    settings,
    server: { url, answers: "nothing" },
    binary: { status: "program", path: "/bin/opencode", version: "1.18.33" },
    database: { status: "readable", path: "/db", layout: "current", isCopy: false },
    providers: [{ id: "anthropic", key: "ANTHROPIC_API_KEY" }],
  };
}

const advice = (findings: Findings) => faultsOf(findings).map((fault) => `${fault.area}: ${fault.advice}`);

describe("the doctor", () => {
  it("has nothing to say of a machine on which all is well", async () => {
    expect(advice(await well())).toEqual([]);
    expect(advice({ ...(await well()), database: { status: "missing", error } })).toEqual([]);
  });

  it("tells an old Node, and not what was found with it", async () => {
    const findings = await well();
    const server = { url, answers: "something else" } as const;
    expect(advice({ ...findings, server, node: "v22.12.1" })).toEqual([
      "node: This is Node v22.12.1; use 22.13 or later.",
    ]);
    for (const node of ["v22.13.0", "v23.0.0", "v24.1.0"]) expect(advice({ ...findings, node })).toEqual([]);
  });

  it.each([
    ["refuses", /wants a password: set OPENCODE_SERVER_PASSWORD/],
    ["too late", /accepts connections and does not answer: stop it/],
    ["something else", /is not OpenCode: stop it, or choose another port/],
  ] as const)("tells what to do where the server %s", async (answers, expected) => {
    const [first, ...others] = advice({ ...(await well()), server: { url, answers } });
    expect(first).toMatch(expected);
    expect(first).toContain(url);
    expect(others).toEqual([]);
  });

  it("misses a server only where none may be started", async () => {
    const [first] = advice(await well({ autoStart: false }));
    expect(first).toMatch(/^server: Nothing answers at http:\S+, and autoStart is off: .*serve --port 4096/);
  });

  it("misses the program only where one would be started", async () => {
    const findings = { ...(await well()), binary: { status: "missing", error } as const };
    expect(advice(findings)).toEqual(["binary: It is broken. Mend it."]);
    expect(advice({ ...findings, server: { url, answers: "opencode", version: "1.18.33" } })).toEqual([]);
  });

  it("says how a stub is mended, also where its program was found", async () => {
    const mendBy = "Run `node postinstall.mjs`.";
    const binary = { status: "stub", path: "/bin/opencode", behind: "/lib/opencode", mendBy } as const;
    expect(advice({ ...(await well()), binary })[0]).toMatch(/is a stub.*Run `node postinstall.mjs`/);
  });

  it("tells a database that can't be read, and the model of a provider without a key", async () => {
    const findings = await well({ model: "openai/gpt-5" });
    expect(advice({ ...findings, database: { status: "unreadable", path: "/db", error } })).toEqual([
      "database: It is broken. Mend it.",
      expect.stringMatching(/^providers: The model is openai\/gpt-5, .* has no key. Set OPENAI_API_KEY/),
    ]);
    const providers = [{ id: "openai", key: "OPENAI_API_KEY" }];
    expect(advice({ ...findings, providers })).toEqual([]);
  });

  it("is printed with every finding, and one line for each fault", async () => {
    const findings = { ...(await well()), server: { url, answers: "refuses" } as const };
    const faults = faultsOf(findings);
    const printed = formatReport({ ...findings, ok: false, faults });
    expect(printed).toContain("/bin/opencode, release 1.18.33");
    expect(printed).toContain("anthropic (ANTHROPIC_API_KEY)");
    expect(printed).toMatch(/\nport +4096 +default\n/);
    expect(printed.trimEnd().split("\n").at(-1)).toBe(`server: ${faults[0]?.advice}`);
    expect(formatReport({ ...findings, ok: true, faults: [] })).toMatch(/\nNothing is wrong\.\n$/);
  });
});
