import type { EngineHandle, EngineMode } from "./engine-handle.ts";

/** The server behind a client. */
export interface OpenCodeProcess {
  /**
   * `attached`: it ran before. Unless a program of this package had started it, it is never stopped from here.
   * `absent`: it is not there yet, and its stored history stands in for it; `attached` once it is.
   */
  readonly mode: EngineMode;
  readonly url: string;
  /** Of a server that was started by this package, here or in another program; another one after a restart. */
  readonly pid?: number | undefined;
  /** The release of the server; `"unknown"` while it is absent. */
  readonly version: string;
  /**
   * Gives the server up: it ends with its last user, and then this resolves when it is gone. `dispose()` does it too.
   * Does nothing to a server that was started in another way.
   */
  stop(): Promise<void>;
}

/** `client` knows the release. */
export function openCodeProcess(handle: EngineHandle, client: { readonly version: string }): OpenCodeProcess {
  return {
    get mode() {
      return handle.mode === "absent" && client.version !== "unknown" ? "attached" : handle.mode;
    },
    get url() {
      return handle.url;
    },
    get pid() {
      return handle.pid;
    },
    get version() {
      return client.version;
    },
    stop: () => handle.stop(),
  };
}
