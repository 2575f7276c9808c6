import type { Readable, Writable } from "node:stream";
import type { AnyMessage, Stream } from "@agentclientprotocol/sdk";
import type { Diagnostic } from "../engine/diagnostics.ts";
import { readLines } from "./read-lines.ts";

export interface AgentStreamOptions {
  readonly input: Readable;
  readonly output: Writable;
  /** A message came. */
  onMessage(): void;
  /** It was one that wants no answer. Must not throw. */
  onNotification(method: string, params: unknown): void;
  diagnostic(diagnostic: Diagnostic): void;
}

/** Of the client; it is for the SDK. */
const CANCEL_REQUEST = "$/cancel_request";
/** Characters of a line that is shown because nobody could read it. */
const SHOWN = 200;

/**
 * The messages of an agent, one a line. Not the SDK's own reader of lines: that answers what it can't read, which an
 * agent that just prints something does not expect. And notifications do not go through the SDK: it takes no updates of a
 * kind that it does not know, and those that it takes may come after the answer that was sent behind them.
 */
export function agentStream(options: AgentStreamOptions): Stream {
  const { input, output, onMessage, onNotification, diagnostic } = options;
  /** Requests that wait for an answer. */
  const asked = new Set<unknown>();
  const unreadable = (line: string): void => {
    const shown = line.length > SHOWN ? `${line.slice(0, SHOWN)}...` : line;
    const message = `The agent printed what is no message of the protocol, and it was left out: ${shown}`;
    diagnostic({ level: "warning", code: "malformed_event", message });
  };

  // Nobody reads any more: the connection was closed.
  let isLeft = false;
  const readable = new ReadableStream<AnyMessage>({
    cancel() {
      isLeft = true;
    },
    start(controller) {
      const take = (line: string): void => {
        if (isLeft) return;
        const message = parse(line);
        // An answer to nothing: the SDK would complain on the console.
        const isOurs = isMessage(message) && ("method" in message || asked.delete(message.id));
        if (!isOurs) {
          unreadable(line);
          return;
        }
        onMessage();
        const isNotification = "method" in message && !("id" in message);
        if (isNotification && message.method !== CANCEL_REQUEST)
          onNotification(message.method, message.params);
        else controller.enqueue(message);
      };
      readLines(input, {
        line: take,
        end(error) {
          if (isLeft) return;
          if (error === undefined) controller.close();
          else controller.error(error);
        },
      });
    },
  });

  // Who writes to a process that is gone learns of it by its end.
  output.on("error", () => {});
  const writable = new WritableStream<AnyMessage>({
    write(message) {
      if ("method" in message && "id" in message) asked.add(message.id);
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      output.write(`${JSON.stringify(message)}\n`, (error) => (error ? reject(error) : resolve()));
      return promise;
    },
  });
  return { readable, writable };
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function isMessage(value: unknown): value is AnyMessage {
  if (typeof value !== "object" || value === null || !("jsonrpc" in value) || value.jsonrpc !== "2.0")
    return false;
  if ("method" in value) return typeof value.method === "string";
  return "id" in value && "result" in value !== "error" in value;
}
