import type { EngineDriver } from "../engine/driver.ts";
import { EngineError } from "../engine/errors.ts";
import { parseBaseUrl } from "../http/base-url.ts";
import type { HeadersSource } from "../http.ts";
import { v1Capabilities } from "../v1/capabilities.ts";
import { detect } from "./detect.ts";
import { dialects, type Protocol } from "./dialects.ts";
import { nativeCapabilities } from "./native/connection.ts";

export interface OpenCodeDriverOptions {
  /** Address of the server; a path prefix is allowed. Default: `http://127.0.0.1:4096`. */
  readonly baseUrl?: string | undefined;
  /**
   * What is spoken with the server: OpenCode's own protocol, or the `/v1` contract. Default: `"auto"`, whichever it
   * answers to.
   */
  readonly protocol?: "auto" | Protocol | undefined;
  /** Sent with every request; a function is asked each time. Default: none. */
  readonly headers?: HeadersSource | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: typeof globalThis.fetch | undefined;
  /** Where sessions are created unless they say otherwise. Absolute. Default: where the server was started. */
  readonly workingDirectory?: string | undefined;
  /**
   * `provider/model` or a bare name, for new sessions, and for the first prompt to one that has none. It must exist.
   * Default: the engine's own.
   */
  readonly model?: string | undefined;
  /** As `model`, but only used where the engine has it. Default: none. */
  readonly preferredModel?: string | undefined;
  /** As `preferredModel`, but only where the engine's configuration names none either. Default: none. */
  readonly fallbackModel?: string | undefined;
  /** Edits and writes ask first, with their diff, in sessions created by this client. Default: false. */
  readonly reviewEdits?: boolean | undefined;
  /**
   * Over `/v1`: prompts are only acknowledged, and the event stream alone tells their turns. For browsers, which allow
   * six connections to a host. Default: false.
   */
  readonly asyncPrompts?: boolean | undefined;
  /** Milliseconds for one call, its answer included. Default: 30000. */
  readonly timeout?: number | undefined;
  /** Milliseconds until the event stream must have begun. Default: 10000. */
  readonly connectTimeout?: number | undefined;
}

/**
 * How to speak with an OpenCode server. Most people want {@link OpenCodeClient}.
 * @throws EngineError `CONFIG_INVALID` when `baseUrl` is no http address, or `protocol` is none
 */
export function openCodeDriver(options: OpenCodeDriverOptions = {}): EngineDriver {
  const { baseUrl = "http://127.0.0.1:4096", protocol = "auto", timeout = 30_000 } = options;
  const { headers, fetch, workingDirectory, model, preferredModel, fallbackModel } = options;
  const { reviewEdits = false, asyncPrompts = false, connectTimeout = 10_000 } = options;
  const http = { baseUrl, headers, fetch, timeout, engine: "opencode" };
  const settings = {
    http,
    workingDirectory,
    model,
    preferredModel,
    fallbackModel,
    reviewEdits,
    asyncPrompts,
    connectTimeout,
  };
  if (protocol !== "auto" && !Object.hasOwn(dialects, protocol)) {
    const known = ["auto", ...Object.keys(dialects)].join(", ");
    throw new EngineError(
      "CONFIG_INVALID",
      `There is no protocol ${JSON.stringify(protocol)}: it is one of ${known}.`,
    );
  }
  const spoken = protocol === "auto" ? Object.values(dialects) : [dialects[protocol]];
  const probes = spoken.flatMap((dialect) => dialect(settings));
  const { url } = parseBaseUrl(baseUrl);
  return {
    id: "opencode",
    name: "OpenCode",
    capabilities: protocol === "v1" ? v1Capabilities : nativeCapabilities,
    async connect({ signal, report }) {
      const connect = await detect(probes, { baseUrl: url, timeout }, { signal });
      return connect(report);
    },
  };
}
