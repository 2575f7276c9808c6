import type { V1RouteName } from "../paths.ts";
import { catalogueOperations } from "./catalogue-operations.ts";
import { json, type Operation, ref, stream } from "./operation.ts";
import { requestOperations } from "./request-operations.ts";
import { sessionOperations } from "./session-operations.ts";
import { turnOperations } from "./turn-operations.ts";

/** Every route, by name. */
export const operations: Readonly<Record<V1RouteName, Operation>> = {
  ...sessionOperations,
  ...turnOperations,
  ...requestOperations,
  ...catalogueOperations,
  events: {
    summary: "The bus: what happens in all sessions. `Last-Event-ID` asks to go on after a frame.",
    answers: {
      200: stream("First `ready`, then the events.", { anyOf: [ref("Ready"), ref("BusEvent")] }),
    },
  },
  health: {
    summary: "Is the server well, and what can it do?",
    answers: { 200: json("How it is.", ref("Health")) },
  },
  openapi: {
    summary: "This document.",
    answers: { 200: json("The document.", { type: "object" }) },
  },
};
