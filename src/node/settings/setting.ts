/** Where the value of a setting comes from. */
export type SettingOrigin =
  | { readonly kind: "option"; readonly name: string }
  | { readonly kind: "variable"; readonly name: string; readonly key?: string | undefined }
  | {
      readonly kind: "workspace file" | "user file" | "global file";
      readonly path: string;
      /** From 1. */
      readonly line?: number | undefined;
      /** Of OpenCode's configuration, for example `server.port`. */
      readonly key: string;
    }
  | { readonly kind: "default" };

export interface Setting<T> {
  readonly value: T;
  readonly origin: SettingOrigin;
}

/** For people, for example `variable QUANTUMREEF_OPENCODE_PORT`. */
export function printOrigin(origin: SettingOrigin): string {
  switch (origin.kind) {
    case "default":
      return "default";
    case "option":
      return `option ${origin.name}`;
    case "variable":
      return `variable ${origin.name}${origin.key === undefined ? "" : ` (${origin.key})`}`;
    default: {
      const line = origin.line === undefined ? "" : `:${origin.line}`;
      return `${origin.kind} ${origin.path}${line} (${origin.key})`;
    }
  }
}
