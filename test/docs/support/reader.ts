/** What the reader of an example has: a client, a session, what came of it, and an application around them. */
import type {
  DriverReport,
  EngineConnection,
  EngineFactories,
  Engines,
  FileDiff,
  Message,
  PermissionRequest,
  PromptCall,
  QuestionOption,
  Session,
  ToolCall,
} from "@quantumreef/engine-client";
import type { History, OpenCode } from "@quantumreef/engine-client/node";
import type { AcmeOptions } from "./acme.ts";

export { default as assert } from "node:assert/strict";
export { writeFile } from "node:fs/promises";
export { type AcmeOptions, acmeDriver } from "./acme.ts";

export declare const client: OpenCode;
export declare const session: Session;
export declare const call: PromptCall;
export declare const file: FileDiff;
export declare const history: History;
export declare const secondPrompt: Message;
export declare const toolCall: ToolCall;
/** What the engine says of it. */
export declare const reported: Pick<ToolCall, "status">;
export declare const engines: Engines<
  EngineFactories & { readonly opencode: (options: object) => Promise<OpenCode> }
>;

export declare const baseUrl: string;
export declare const id: string;
export declare const lastYear: number;
export declare const messageId: string;
export declare const prompt: string;
export declare const workingDirectory: string;

export declare const app: {
  all(
    path: string,
    handler: (context: { readonly req: { readonly raw: Request } }) => Promise<Response>,
  ): void;
};
export declare const audit: { write(record: unknown): void };
export declare const spinner: { readonly hidden: boolean };
export declare function acmeConnection(
  options: AcmeOptions,
  signal: AbortSignal | undefined,
  report: DriverReport,
): Promise<EngineConnection>;
export declare function askTheTeam(request: PermissionRequest, signal: AbortSignal): Promise<boolean>;
export declare function show(question: string, options: readonly QuestionOption[], multiple?: boolean): void;
export declare function sleep(ms: number): Promise<void>;
export declare function token(): Promise<string>;
/** Of React. */
export declare function useSyncExternalStore<Snapshot>(
  subscribe: (listener: () => void) => () => void,
  getSnapshot: () => Snapshot,
): Snapshot;
