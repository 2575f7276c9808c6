import { formatSettings } from "../settings/explain-settings.ts";
import type { BinaryFinding, DatabaseFinding, DoctorReport, ServerFinding } from "./report.ts";

/** For people: what was found, and then one line for each fault. */
export function formatReport(report: DoctorReport): string {
  const { settings, server, binary, database, providers, node, faults } = report;
  const parts = [
    ...(settings === undefined ? [] : [formatSettings(settings)]),
    [
      `server     ${server === undefined ? "one of its own, on a free port" : describeServer(server)}`,
      `program    ${describeBinary(binary)}`,
      `database   ${describeDatabase(database)}`,
      `node       ${node}`,
      `providers  ${providers.map(({ id, key }) => `${id} (${key ?? "no key"})`).join(", ") || "none has a key"}`,
    ].join("\n"),
    faults.length === 0
      ? "Nothing is wrong."
      : faults.map(({ area, advice }) => `${area}: ${advice}`).join("\n"),
  ];
  return `${parts.join("\n\n")}\n`;
}

function describeServer({ url, answers, version, dialect, isTested, isShared }: ServerFinding): string {
  if (answers !== "opencode") return `${answers} at ${url}`;
  const tested = isTested ? "" : ", a release that was not tested with this package";
  const shared = isShared ? ", started by a program that uses this package" : "";
  return `OpenCode ${version} at ${url} (${dialect}${tested}${shared})`;
}

function describeBinary({ status, path, behind, version }: BinaryFinding): string {
  if (path === undefined) return "missing";
  const what = status === "stub" ? `${path}, a stub${behind === undefined ? "" : ` for ${behind}`}` : path;
  return version === undefined ? what : `${what}, release ${version}`;
}

function describeDatabase({ status, path, layout, isCopy }: DatabaseFinding): string {
  if (path === undefined) return "none yet";
  if (status !== "readable") return `${path}, unreadable`;
  return `${path}, ${layout} layout${isCopy ? ", read as a copy" : ""}`;
}
