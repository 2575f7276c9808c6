type Json = Readonly<Record<string, unknown>>;

/** How a fake agent begins, and what it can do. */
export interface Behaviour {
  readonly capabilities?: Json;
  /** What its sessions can be set to: the fields of the answer to `session/new`. */
  readonly settings?: Json;
  /** Updates that `session/load` tells. */
  readonly history?: readonly Json[];
  /** It tells them after it has answered. */
  readonly isLate?: boolean;
  /** The pages of `session/list`; the cursor is their number. */
  readonly pages?: readonly Json[];
  /** Updates that are told before `session/new` is answered. */
  readonly early?: readonly Json[];
  readonly protocolVersion?: number;
  readonly silent?: boolean;
  readonly wantsLogin?: boolean;
  /** `session/load` knows these alone. Default: every session. */
  readonly keeps?: readonly string[];
  readonly ignoresCancel?: boolean;
  /** Printed before anything else. */
  readonly first?: string;
  readonly stderr?: string;
  /** It ends at once. */
  readonly exit?: number;
}

/** What a fake agent does when it is prompted. */
export type Step =
  | { readonly text: string }
  /** `of`: another session. */
  | { readonly update: Json; readonly of?: string }
  | { readonly notify: string; readonly params: Json }
  /** Asks the client, and says the answer as text; or nothing. */
  | { readonly ask: string; readonly params: Json; readonly isQuiet?: boolean }
  | { readonly raw: string }
  | { readonly big: number }
  | { readonly stderr: string }
  | { readonly exit: number }
  | { readonly kill: true }
  /** Says what it was asked so far. */
  | { readonly log: true }
  | { readonly fail: Json }
  | { readonly end: string; readonly usage?: Json; readonly meta?: Json }
  | { readonly hang: true };

export const steps = (...list: readonly Step[]): string => JSON.stringify(list);

export const chunk = (kind: string, text: string, messageId?: string) => ({
  sessionUpdate: kind,
  content: { type: "text", text },
  ...(messageId === undefined ? {} : { messageId }),
});
