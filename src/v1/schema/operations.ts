import type { V1RouteName } from "../paths.ts";
import type { ComponentName } from "./components.ts";

export type Json = Readonly<Record<string, unknown>>;

/** What a route takes and answers. */
export interface Operation {
  readonly summary: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly schema: ComponentName; readonly required: boolean };
  /** By status. */
  readonly answers: Readonly<Record<number, Json>>;
  /** Besides 401 and 503, which any route may answer. */
  readonly refusals: readonly number[];
}

export const ref = (name: ComponentName): Json => ({ $ref: `#/components/schemas/${name}` });
export const json = (description: string, schema: Json): Json => ({
  description,
  content: { "application/json": { schema } },
});
const listOf = (name: ComponentName): Json => ({ type: "array", items: ref(name) });
/** OpenAPI 3.1 has no word for the frames of a stream: they are described as what its text consists of. */
const stream = (description: string, frame: Json): Json => ({
  description,
  content: {
    "text/event-stream": {
      schema: { type: "string", contentMediaType: "application/json", contentSchema: frame },
    },
  },
});

/** Every route, by name. */
export const operations: Readonly<Record<V1RouteName, Operation>> = {
  listSessions: {
    summary: "All sessions, `updatedAt` descending.",
    answers: { 200: json("The sessions.", listOf("Session")) },
    refusals: [],
  },
  createSession: {
    summary: "Creates a session.",
    body: { schema: "CreateSessionBody", required: false },
    answers: { 201: json("The new session.", ref("Session")) },
    refusals: [400, 413],
  },
  listMessages: {
    summary: "The messages of a session, oldest first.",
    query: {
      limit: "At most so many, the newest of them.",
      before: "Only those before the message with this id.",
    },
    answers: { 200: json("The messages.", listOf("Message")) },
    refusals: [400, 404],
  },
  prompt: {
    summary: "Sends a prompt. A `messageId` that was sent before is no second prompt.",
    body: { schema: "PromptBody", required: true },
    answers: {
      200: {
        description: "The events of the turn; with `noReply` the stored message.",
        content: {
          "text/event-stream": {
            schema: { type: "string", contentMediaType: "application/json", contentSchema: ref("TurnEvent") },
          },
          "application/json": { schema: ref("Message") },
        },
      },
      202: json("With `async`: it is accepted, and the bus tells the turn.", ref("Accepted")),
    },
    refusals: [400, 404, 409, 413, 429],
  },
  abort: {
    summary: "Stops what runs in the session, if anything does. The session stays.",
    answers: { 204: { description: "Nothing runs any more." } },
    refusals: [404],
  },
  events: {
    summary: "The bus: what happens in all sessions. `Last-Event-ID` asks to go on after a frame.",
    answers: {
      200: stream("First `ready`, then the events.", { anyOf: [ref("Ready"), ref("BusEvent")] }),
    },
    refusals: [],
  },
  health: {
    summary: "Is the server well?",
    answers: { 200: json("How it is.", ref("Health")) },
    refusals: [],
  },
  getSession: {
    summary: "One session.",
    answers: { 200: json("The session.", ref("Session")) },
    refusals: [404],
  },
  summarize: {
    summary: "Has the model summarize the session.",
    answers: { 200: json("The summary.", ref("Summary")) },
    refusals: [404, 409, 429, 501],
  },
  listPermissions: {
    summary: "The permission requests that wait for an answer.",
    answers: { 200: json("The requests.", listOf("PermissionRequest")) },
    refusals: [501],
  },
  replyPermission: {
    summary: "Answers a permission request.",
    body: { schema: "PermissionReplyBody", required: true },
    answers: { 204: { description: "The answer is taken." } },
    refusals: [400, 404, 501],
  },
  openapi: {
    summary: "This document.",
    answers: { 200: json("The document.", { type: "object" }) },
    refusals: [],
  },
};

/** What a status means, by the codes that it carries. */
export const refusalOf: Readonly<Record<number, string>> = {
  400: "`INVALID_REQUEST`",
  401: "`AUTH_REQUIRED`",
  403: "`PERMISSION_DENIED`",
  404: "`SESSION_NOT_FOUND` or `PERMISSION_NOT_FOUND`",
  409: "`SESSION_RUNNING`",
  413: "`CONTEXT_OVERFLOW` of a prompt, `INVALID_REQUEST` of a body over the limit",
  429: "`RATE_LIMITED`, with `Retry-After`",
  501: "`UNSUPPORTED`",
  503: "`ENGINE_UNAVAILABLE`",
};
