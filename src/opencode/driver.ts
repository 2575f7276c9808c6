import type { EngineDriver } from "../engine/driver.ts";
import { createHttp, type HeadersSource } from "../http.ts";
import { detect } from "./detect.ts";
import { createNativeConnection, nativeCapabilities } from "./native/connection.ts";
import { decodeErrorBody } from "./native/errors.ts";

export interface OpenCodeDriverOptions {
  /** Address of the server; a path prefix is allowed. Default: `http://127.0.0.1:4096`. */
  readonly baseUrl?: string | undefined;
  /** Sent with every request; a function is asked each time. Default: none. */
  readonly headers?: HeadersSource | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where sessions are created unless they say otherwise. Absolute. Default: where the server was started. */
  readonly workingDirectory?: string | undefined;
  /** `provider/model` or a bare name, for new sessions. It must exist. Default: the engine's own. */
  readonly model?: string | undefined;
  /** As `model`, but only used where the engine has it. Default: none. */
  readonly preferredModel?: string | undefined;
  /** Edits and writes ask first, with their diff, in sessions created by this client. Default: false. */
  readonly reviewEdits?: boolean | undefined;
  /** Milliseconds for one call, its answer included. Default: 30000. */
  readonly timeout?: number | undefined;
  /** Milliseconds until the event stream must have begun. Default: 10000. */
  readonly connectTimeout?: number | undefined;
}

/** How to speak with an OpenCode server. Most people want {@link OpenCodeClient}. */
export function openCodeDriver(options: OpenCodeDriverOptions = {}): EngineDriver {
  const {
    baseUrl = "http://127.0.0.1:4096",
    timeout = 30_000,
    connectTimeout = 10_000,
    reviewEdits = false,
  } = options;
  const { headers, fetch, workingDirectory, model, preferredModel } = options;
  const http = createHttp({
    baseUrl,
    headers,
    fetch,
    timeout,
    engine: "opencode",
    readError: decodeErrorBody,
  });
  return {
    id: "opencode",
    name: "OpenCode",
    capabilities: nativeCapabilities,
    async connect({ signal, report }) {
      const { version } = await detect(http, signal);
      return createNativeConnection({
        http,
        version,
        report,
        workingDirectory,
        model,
        preferredModel,
        reviewEdits,
        connectTimeout,
      });
    },
  };
}
