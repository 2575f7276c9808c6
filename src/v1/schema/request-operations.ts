import type { V1RouteName } from "../paths.ts";
import { done, json, listOf, type Operation } from "./operation.ts";

/** What people are asked. */
export const requestOperations = {
  listPermissions: {
    summary: "The permission requests that wait for an answer.",
    answers: { 200: json("The requests.", listOf("PermissionRequest")) },
  },
  replyPermission: {
    summary: "Answers a permission request.",
    body: { schema: "PermissionReplyBody", required: true },
    answers: { 204: done("The answer is taken.") },
    refusals: [404],
  },
  listQuestions: {
    summary: "What the model asked and nobody has answered.",
    answers: { 200: json("The requests.", listOf("QuestionRequest")) },
  },
  replyQuestion: {
    summary: "Answers what the model asked, or does not want to: that ends the turn.",
    body: { schema: "QuestionReplyBody", required: true },
    answers: { 204: done("The answer is taken.") },
    refusals: [404],
  },
} as const satisfies Partial<Record<V1RouteName, Operation>>;
