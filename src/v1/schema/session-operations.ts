import type { V1RouteName } from "../paths.ts";
import { done, json, listOf, type Operation, ref } from "./operation.ts";

/** What is done with sessions as a whole. */
export const sessionOperations = {
  listSessions: {
    summary: "All sessions, `updatedAt` descending. A query only where health says `sessionPages`.",
    query: {
      workingDirectory: "Only those of this directory.",
      search: "Only those whose title holds this text, in upper or lower case.",
      rootsOnly: "`true`: without those that other sessions started as subagents.",
      includeArchived: "`false`: without those that are archived.",
      limit: "A page: at most so many, the newest of them.",
      cursor: "With `limit`: `cursor` of the page before.",
    },
    answers: {
      200: json("The sessions; with `limit` a page of them.", {
        anyOf: [listOf("Session"), ref("SessionPage")],
      }),
    },
  },
  createSession: {
    summary: "Creates a session.",
    body: { schema: "CreateSessionBody", required: false },
    answers: { 201: json("The new session.", ref("Session")) },
  },
  getSession: {
    summary: "One session.",
    answers: { 200: json("The session.", ref("Session")) },
    refusals: [404],
  },
  updateSession: {
    summary: "Changes what is given, and leaves the rest.",
    body: { schema: "UpdateSessionBody", required: true },
    answers: { 200: json("The session as it is now.", ref("Session")) },
    refusals: [404],
  },
  deleteSession: {
    summary: "Deletes a session for good, with those of its subagents. What runs in it ends.",
    answers: { 204: done("It is gone.") },
    refusals: [404],
  },
  forkSession: {
    summary: "Copies the messages, or those before `messageId`, into a new session.",
    body: { schema: "ForkBody", required: false },
    answers: { 201: json("The new session.", ref("Session")) },
    refusals: [404],
  },
  revertSession: {
    summary: "Takes back the turn of `messageId` and all after it, or what came from `partId` on.",
    body: { schema: "RevertBody", required: true },
    answers: { 200: json("The session as it is now.", ref("Session")) },
    refusals: [404, 409],
  },
  unrevertSession: {
    summary: "Undoes what was taken back, if anything was.",
    answers: { 200: json("The session as it is now.", ref("Session")) },
    refusals: [404, 409],
  },
  todo: {
    summary: "The list that the agent works through, in its order.",
    answers: { 200: json("The list; empty if there is none.", listOf("Todo")) },
    refusals: [404],
  },
  diff: {
    summary: "What a turn changed in files.",
    query: { messageId: "A message of the turn. Default: the newest turn." },
    answers: { 200: json("A file each.", listOf("FileDiff")) },
    refusals: [404],
  },
} as const satisfies Partial<Record<V1RouteName, Operation>>;
