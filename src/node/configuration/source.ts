import type { EngineErrorInfo } from "../../engine/errors.ts";
import type { ConfigObject, KeyPath } from "./config-object.ts";

/** Whose configuration this is. */
export type ConfigurationKind =
  | "global file"
  | "variable"
  | "user file"
  | "workspace file"
  | "option"
  | "generated";

/** Where a value of the configuration comes from. */
export interface ConfigurationOrigin {
  readonly kind: ConfigurationKind;
  /** Of the file. */
  readonly path?: string | undefined;
  /** From 1, where the file names the value itself. */
  readonly line?: number | undefined;
  /** Of the variable or the option. */
  readonly name?: string | undefined;
}

/** A file that was looked for. */
export interface ConfigurationFile {
  readonly path: string;
  readonly kind: "global file" | "user file" | "workspace file";
  /** `OPENCODE_CONFIG` or `QUANTUMREEF_CONFIG`, if that named it. */
  readonly namedBy?: string | undefined;
  readonly status: "read" | "missing" | "invalid";
  /** What is wrong with it. */
  readonly error?: EngineErrorInfo | undefined;
}

/** A configuration by itself, in the form that the engine takes. */
export interface ConfigurationSource {
  readonly origin: ConfigurationOrigin;
  readonly config: ConfigObject;
  /** OpenCode reads it itself; we only hand over what it would ignore there. */
  readonly readByEngine: boolean;
  readonly ignored: ConfigObject;
  /** What came out of placeholders: nothing to show. */
  readonly secrets: readonly string[];
  lineOf?(path: KeyPath): number;
}
