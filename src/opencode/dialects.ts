import type { DriverReport, EngineConnection } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import { createHttp, type Http, type HttpOptions } from "../http.ts";
import { createV1Connection } from "../v1/connection.ts";
import { readWireError } from "../v1/decode-error.ts";
import { pathTo } from "../v1/paths.ts";
import type { V1Health } from "../v1/schema/answer.ts";
import { sessionsSchema, healthSchema as v1HealthSchema } from "../v1/schema/answer.ts";
import type { Probe } from "./detect.ts";
import { createNativeConnection } from "./native/connection.ts";
import { decodeErrorBody } from "./native/errors.ts";
import { documentSchema, healthSchema } from "./native/schema/server.ts";

/** A protocol that OpenCode's client speaks. */
export type Protocol = "native" | "v1";

export interface DialectOptions {
  readonly http: Omit<HttpOptions, "readError">;
  readonly workingDirectory: string | undefined;
  readonly model: string | undefined;
  readonly preferredModel: string | undefined;
  readonly fallbackModel: string | undefined;
  readonly reviewEdits: boolean;
  readonly asyncPrompts: boolean;
  readonly connectTimeout: number;
}

/** Begins a life of the wire in the dialect that was found. */
export type Connect = (report: DriverReport) => EngineConnection;

/** How each dialect is recognised and spoken. In the order in which they are tried: a new one is added here. */
export const dialects: Readonly<Record<Protocol, (options: DialectOptions) => readonly Probe<Connect>[]>> = {
  native,
  v1,
};

function native(options: DialectOptions): readonly Probe<Connect>[] {
  const http = createHttp({ ...options.http, readError: decodeErrorBody });
  const connect =
    (version: string): Connect =>
    (report) =>
      createNativeConnection({ ...options, http, version, report });
  return [
    {
      path: "/global/health",
      ask: async (path, call) => connect((await http.json("GET", path, healthSchema, call)).value.version),
    },
    // 1.0 has no such route.
    {
      path: "/doc",
      ask: async (path, call) =>
        connect((await http.json("GET", path, documentSchema, call)).value.info.version),
    },
  ];
}

function v1(options: DialectOptions): readonly Probe<Connect>[] {
  const http = createHttp({ ...options.http, readError: readWireError });
  const connect =
    ({ version = "unknown", heartbeatMs, capabilities }: Partial<V1Health>): Connect =>
    (report) => {
      checkOptions(options, capabilities ?? {}, http, report);
      return createV1Connection({ ...options, http, version, heartbeatMs, capabilities, report });
    };
  return [
    {
      path: pathTo("health"),
      ask: async (path, call) => connect((await http.json("GET", path, v1HealthSchema, call)).value),
    },
    // Its health is optional, its list is not.
    {
      path: pathTo("listSessions"),
      ask: async (path, call) => {
        await http.json("GET", path, sessionsSchema, call);
        return connect({});
      },
    },
  ];
}

/** @throws EngineError `UNSUPPORTED` for what somebody relies on and this server can't promise */
function checkOptions(
  { reviewEdits, preferredModel }: DialectOptions,
  { reviewEdits: reviews = false }: Readonly<Record<string, boolean>>,
  http: Http,
  report: DriverReport,
): void {
  if (reviewEdits && !reviews) {
    const message = `The server at ${http.baseUrl} can't promise reviewEdits: it lacks the capability "reviewEdits"; leave the option out.`;
    throw new EngineError("UNSUPPORTED", message, { engine: "opencode" });
  }
  if (preferredModel === undefined) return;
  const message =
    "Over /v1 the preferredModel is not looked up, and not used. Give it as model to have it used.";
  report.diagnostic({ level: "warning", code: "option_ignored", message });
}
