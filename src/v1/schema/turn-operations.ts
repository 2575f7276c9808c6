import type { V1RouteName } from "../paths.ts";
import { done, json, listOf, type Operation, ref, stream } from "./operation.ts";

const accepted = json("With `async`: it is accepted, and the bus tells the turn.", ref("Accepted"));
const refusals = [404, 409, 429];

/** What goes on in a session. */
export const turnOperations = {
  listMessages: {
    summary: "The messages of a session, oldest first.",
    query: {
      limit: "At most so many, the newest of them.",
      before: "Only those before the message with this id.",
    },
    answers: { 200: json("The messages.", listOf("Message")) },
    refusals: [404],
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
      202: accepted,
    },
    refusals,
  },
  command: {
    summary: "Runs a command of the engine. A `messageId` that was sent before does not run it again.",
    body: { schema: "CommandBody", required: true },
    answers: { 200: stream("The events of the turn.", ref("TurnEvent")), 202: accepted },
    refusals,
  },
  abort: {
    summary: "Stops what runs in the session, if anything does. The session stays.",
    answers: { 204: done("Nothing runs any more.") },
    refusals: [404],
  },
  summarize: {
    summary: "Has the model summarize the session.",
    answers: { 200: json("The summary.", ref("Summary")) },
    refusals,
  },
} as const satisfies Partial<Record<V1RouteName, Operation>>;
