import { eventSchemas } from "./schema/events.ts";
import {
  messageSchema,
  messagesSchema,
  type WireMessage,
  type WireMessageInfo,
  type WirePart,
} from "./schema/message.ts";
import { sessionSchema, sessionsSchema, type WireSession } from "./schema/session.ts";
import { isMessage, isMessageEvent, isPartEvent, isSession } from "./shapes.ts";

/*
 * What is read by the thousand, checked by hand first. What does not pass goes to its schema, which has the last word:
 * it takes what is seldom, and says what is wrong with the rest.
 */

export const sessionDecoder = {
  parse: (value: unknown): WireSession => (isSession(value) ? value : sessionSchema.parse(value)),
};

export const sessionsDecoder = {
  parse: (value: unknown): readonly WireSession[] =>
    isListOf(value, isSession) ? value : sessionsSchema.parse(value),
};

export const messageDecoder = {
  parse: (value: unknown): WireMessage => (isMessage(value) ? value : messageSchema.parse(value)),
};

export const messagesDecoder = {
  parse: (value: unknown): readonly WireMessage[] =>
    isListOf(value, isMessage) ? value : messagesSchema.parse(value),
};

export const messageEventDecoder = {
  parse: (value: unknown): { readonly info: WireMessageInfo } =>
    isMessageEvent(value) ? value : eventSchemas["message.updated"].parse(value),
};

export const partEventDecoder = {
  parse: (value: unknown): { readonly part: WirePart } =>
    isPartEvent(value) ? value : eventSchemas["message.part.updated"].parse(value),
};

function isListOf<T>(value: unknown, isOne: (item: unknown) => item is T): value is readonly T[] {
  return Array.isArray(value) && value.every(isOne);
}
