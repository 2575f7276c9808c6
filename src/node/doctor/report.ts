import type { EngineErrorInfo } from "../../engine/errors.ts";
import type { HistoryLayout } from "../history/reader.ts";
import type { SettingsReport } from "../settings/explain-settings.ts";

/** What answers where the settings say that the engine is. */
export interface ServerFinding {
  readonly url: string;
  readonly answers: "opencode" | "nothing" | "refuses" | "something else" | "too late";
  /** What it speaks. */
  readonly dialect?: "native" | "v1" | undefined;
  readonly version?: string | undefined;
  /** Whether this release of the package was tested with it. */
  readonly isTested?: boolean | undefined;
  /** Whether a program that uses this package started it, so that it ends with its last user. */
  readonly isShared?: boolean | undefined;
  /** Why it does not answer as an engine does. */
  readonly error?: EngineErrorInfo | undefined;
}

/** The program that would be started. */
export interface BinaryFinding {
  readonly status: "program" | "stub" | "missing";
  readonly path?: string | undefined;
  /** What is started in place of a stub. */
  readonly behind?: string | undefined;
  /** The command that makes a stub the program. */
  readonly mendBy?: string | undefined;
  readonly version?: string | undefined;
  readonly error?: EngineErrorInfo | undefined;
}

/** Where OpenCode has stored its sessions. */
export interface DatabaseFinding {
  readonly status: "readable" | "missing" | "unreadable";
  readonly path?: string | undefined;
  readonly layout?: HistoryLayout | undefined;
  /** It can't be read where it is, so that a copy is. */
  readonly isCopy?: boolean | undefined;
  readonly error?: EngineErrorInfo | undefined;
}

/** A provider that has a key, or that the configuration names. */
export interface ProviderFinding {
  readonly id: string;
  /** Where its key is: variables, the configuration, or what `opencode auth login` stored. Never the key. */
  readonly key?: string | undefined;
}

/** Something that keeps the engine from working as the settings say. */
export interface Fault {
  readonly area: "node" | "settings" | "configuration" | "server" | "binary" | "database" | "providers";
  /** One line: what is wrong, and what to do. */
  readonly advice: string;
}

/** What the doctor finds. Plain data, without secrets. */
export interface DoctorReport {
  /** There are no faults. */
  readonly ok: boolean;
  readonly faults: readonly Fault[];
  readonly node: string;
  /** Absent where a setting is not allowed: then nothing that depends on it is known. */
  readonly settings?: SettingsReport | undefined;
  readonly server?: ServerFinding | undefined;
  readonly binary: BinaryFinding;
  readonly database: DatabaseFinding;
  readonly providers: readonly ProviderFinding[];
}
