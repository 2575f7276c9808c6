import { expect } from "vitest";
import { FrameSplitter } from "../../../src/testing/record/frames.ts";
import type { WireEntry, WireRequest } from "../../../src/testing/record/schema.ts";
import { withoutBoot } from "./transcript.ts";

export type V1Handler = (request: Request) => Promise<Response>;

/** How what a server says now has to be like what stands in the transcript. */
export interface Likeness {
  json(now: unknown, frozen: unknown): void;
  /** Is this frame that one? Frames that are none are new ones in between. */
  frame(now: string, frozen: string): boolean;
}

/** To the byte. */
export const same: Likeness = {
  json: (now, frozen) => expect(JSON.stringify(now)).toBe(JSON.stringify(frozen)),
  frame: (now, frozen) => {
    expect(now).toBe(frozen);
    return true;
  },
};

/** All that was there is there; what is new is new fields, and new types of frames. */
export const atLeast: Likeness = {
  json: (now, frozen) => expect(now).toMatchObject(Object(frozen)),
  frame: (now, frozen) => {
    if (typeOf(now) !== typeOf(frozen)) return false;
    expect(dataOf(now)).toMatchObject(dataOf(frozen));
    return true;
  },
};

/** Asks a server what the client of a transcript asked, each when all before it was said, and looks at what it says. */
export async function askAgain(
  handle: V1Handler,
  entries: readonly WireEntry[],
  like: Likeness,
): Promise<void> {
  const answers = new Map<number, Promise<Response>>();
  const streams = new Map<number, AsyncGenerator<string>>();
  const left = new AbortController();
  try {
    for (const entry of entries) {
      const { id } = entry;
      if (entry.type === "request") answers.set(id, handle(requestOf(entry, left.signal)));
      const response = await answers.get(id);
      if (entry.type === "request" || response === undefined) continue;
      const where = `line ${entries.indexOf(entry) + 2}`;
      if (entry.type === "answer") {
        expect([response.status, response.headers.get("content-type")], where).toEqual([
          entry.status,
          entry.headers["content-type"] ?? null,
        ]);
      } else if (entry.type === "body") {
        like.json(textOrJson(await response.text()), entry.json ?? entry.text ?? "");
      } else if (entry.type === "frame") {
        const stream = streams.get(id) ?? framesOf(response);
        streams.set(id, stream);
        for (;;) {
          const { value, done } = await stream.next();
          expect(done, `${where}: the stream is over`).toBeFalsy();
          if (like.frame(withoutBoot(String(value)), withoutBoot(entry.text))) break;
        }
      }
    }
  } finally {
    left.abort();
    for (const stream of streams.values()) await stream.return(undefined);
  }
}

function requestOf({ method, path, query = {}, body }: WireRequest, signal: AbortSignal): Request {
  const url = new URL(path, "http://127.0.0.1");
  for (const [name, values] of Object.entries(query))
    for (const value of values) url.searchParams.append(name, value);
  const sent = body && (body.json === undefined ? body.text : JSON.stringify(body.json));
  const headers = { "content-type": "application/json" };
  return new Request(url, { method, signal, ...(sent === undefined ? {} : { body: sent, headers }) });
}

async function* framesOf({ body }: Response): AsyncGenerator<string> {
  const splitter = new FrameSplitter("blank-line");
  for await (const text of body?.pipeThrough(new TextDecoderStream()) ?? []) yield* splitter.feed(text);
}

function textOrJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function typeOf(frame: string): string | undefined {
  return /^event: (.*)$/m.exec(frame)?.[1];
}

function dataOf(frame: string): object {
  return JSON.parse(/^data: (.*)$/m.exec(frame)?.[1] ?? "{}");
}
