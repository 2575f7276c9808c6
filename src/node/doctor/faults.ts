import { keyAdvice } from "../../opencode/provider-keys.ts";
import type { DoctorReport, Fault, ServerFinding } from "./report.ts";

const OLDEST_NODE = [22, 13] as const;

/** What is wrong of what was found, the root of the others first. */
export function faultsOf(report: Omit<DoctorReport, "ok" | "faults">): readonly Fault[] {
  const old = [...node(report)];
  // Where the package does not run, what it says of anything else is not to be relied on.
  if (old.length > 0) return old;
  return [
    ...configuration(report),
    ...server(report),
    ...binary(report),
    ...database(report),
    ...providers(report),
  ];
}

type Findings = Omit<DoctorReport, "ok" | "faults">;

function* node({ node: version }: Findings): Iterable<Fault> {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const [oldest, oldestMinor] = OLDEST_NODE;
  if (major > oldest || (major === oldest && minor >= oldestMinor)) return;
  yield { area: "node", advice: `This is Node ${version}; use ${OLDEST_NODE.join(".")} or later.` };
}

function* configuration({ settings }: Findings): Iterable<Fault> {
  for (const { message } of settings?.problems ?? []) yield { area: "configuration", advice: message };
}

function* server({ server: found, settings }: Findings): Iterable<Fault> {
  if (found === undefined) return;
  const advice = serverAdvice(found, settings?.settings.autoStart.value ?? true);
  if (advice !== undefined) yield { area: "server", advice };
}

function serverAdvice(
  { answers, url, isTested, version }: ServerFinding,
  autoStart: boolean,
): string | undefined {
  const elsewhere =
    "or choose another port: QUANTUMREEF_OPENCODE_PORT, or the option port (0 takes a free one)";
  switch (answers) {
    case "opencode":
      // A release of one's own that this package has not met is no fault by itself.
      return isTested === false && version === ""
        ? `What answers at ${url} does not say its release.`
        : undefined;
    case "nothing":
      if (autoStart) return undefined;
      return `Nothing answers at ${url}, and autoStart is off: start it with \`opencode serve --port ${new URL(url).port || 80}\`, or turn autoStart on.`;
    case "refuses":
      return `The server at ${url} wants a password: set OPENCODE_SERVER_PASSWORD (and OPENCODE_SERVER_USERNAME) to that server's, ${elsewhere}.`;
    case "too late":
      return `Something at ${url} accepts connections and does not answer: stop it, ${elsewhere}.`;
    case "something else":
      return `What answers at ${url} is not OpenCode: stop it, ${elsewhere}.`;
  }
}

function* binary({ binary: { error, status, mendBy, path }, server: found }: Findings): Iterable<Fault> {
  // Where a server runs already, none is started.
  if (error !== undefined && found?.answers !== "opencode") yield { area: "binary", advice: error.message };
  else if (status === "stub" && error === undefined)
    yield {
      area: "binary",
      advice: `${path} is a stub, because its install script did not run; the program beside it is used. To mend it: ${mendBy}`,
    };
}

function* database({ database: { status, error } }: Findings): Iterable<Fault> {
  // There is none before OpenCode has run for the first time.
  if (status === "unreadable" && error !== undefined) yield { area: "database", advice: error.message };
}

function* providers({ providers: found, settings }: Findings): Iterable<Fault> {
  const model = settings?.settings.model;
  if (model === undefined || model.origin.kind === "default") return;
  const [providerId = "", ...rest] = String(model.value).split("/");
  if (rest.length === 0 || found.some(({ id }) => id === providerId)) return;
  const advice = keyAdvice(providerId);
  if (advice !== undefined)
    yield {
      area: "providers",
      advice: `The model is ${model.value}, and its provider has no key. ${advice}`,
    };
}
