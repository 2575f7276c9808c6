/**
 * Says what is sent instead of a frame of an event stream: nothing, itself, others. Frames are text with the blank line
 * that ends them, and are sent as they are returned: what has no blank line runs into the next one. Comments (heartbeats)
 * are frames too. One that is returned as it came passes byte by byte.
 *
 * @param index counts the frames of this stream, from 0.
 */
export type FrameTransform = (frame: string, index: number) => readonly string[];

/** Every frame comes several times in a row. Default: twice. */
export function duplicateFrames(times = 2): FrameTransform {
  return (frame) => Array.from({ length: times }, () => frame);
}

/**
 * A frame more, right after so many of the target's. Default: after the first; with 0, right before it. A missing blank
 * line is added.
 */
export function injectFrame(frame: string, after = 1): FrameTransform {
  const injected = /\n\r?\n$/.test(frame) ? frame : `${frame}\n\n`;
  return (own, index) => {
    if (after === 0 && index === 0) return [injected, own];
    return index + 1 === after ? [own, injected] : [own];
  };
}

/**
 * A frame that matches comes one later than it should, behind its successor: what is told of different things may come in
 * any order. Where it is the last one it comes with the next heartbeat. For one stream only.
 */
export function reorderFrames(matches: RegExp): FrameTransform {
  let held: string | undefined;
  return (frame) => {
    const before = held;
    held = undefined;
    if (before !== undefined) return [frame, before];
    if (!matches.test(frame)) return [frame];
    held = frame;
    return [];
  };
}

/** A frame more whose data is JSON that breaks off, after so many of the target's. Default: after the first. */
export function malformedFrame(after = 1): FrameTransform {
  return injectFrame('data: {"type":"message.part.updated","properties":{"part":', after);
}

/**
 * A frame more with an event that no engine has, `fault.unknown`, in the shape of every dialect at once. Default: after
 * the first of the target's.
 */
export function unknownFrame(after = 1): FrameTransform {
  return injectFrame(`data: ${unknownEvent("")}`, after);
}

/** The same with exactly so many bytes of data (those that the event needs at the least). Default: after the first. */
export function hugeFrame(bytes: number, after = 1): FrameTransform {
  const padding = "x".repeat(Math.max(0, bytes - unknownEvent("").length));
  return injectFrame(`data: ${unknownEvent(padding)}`, after);
}

/** OpenCode wraps its events in `payload` on one route and not on the other; `/v1` has the type alone. */
function unknownEvent(padding: string): string {
  const event = { type: "fault.unknown", properties: {} };
  return JSON.stringify({ ...event, payload: event, padding });
}

/** Applies a transform to the frames that begin at byte `after` or later. */
export async function* transformFrames(
  body: AsyncIterable<Uint8Array>,
  transform: FrameTransform,
  after: number,
): AsyncGenerator<Uint8Array, void> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  const encoder = new TextEncoder();
  let at = 0;
  let index = 0;
  for await (const { bytes, whole } of splitFrames(body)) {
    const begin = at;
    at += bytes.length;
    if (!whole || begin < after) {
      yield bytes;
      continue;
    }
    const frame = decoder.decode(bytes);
    for (const sent of transform(frame, index++)) {
      // Not encoded again: malformed UTF-8 would not survive it.
      if (sent === frame) yield bytes;
      else yield encoder.encode(sent);
    }
  }
}

interface FrameBytes {
  readonly bytes: Uint8Array;
  /** Whether a blank line ends it; if not, the body ended in it. */
  readonly whole: boolean;
}

const LF = 10;
const CR = 13;

/**
 * Cuts an event stream after its blank lines (LF or CRLF; lone CRs are not told apart from text). Blank lines before a
 * frame belong to it.
 */
async function* splitFrames(body: AsyncIterable<Uint8Array>): AsyncGenerator<FrameBytes, void> {
  let parts: Uint8Array[] = [];
  let place: "before" | "in line" | "line begin" = "before";
  for await (const chunk of body) {
    let begin = 0;
    // Every byte once, however small the pieces that it comes in.
    for (const [index, byte] of chunk.entries()) {
      if (byte === CR) continue;
      if (byte !== LF) place = "in line";
      else if (place === "in line") place = "line begin";
      else if (place === "line begin") {
        yield { bytes: joined([...parts, chunk.subarray(begin, index + 1)]), whole: true };
        parts = [];
        begin = index + 1;
        place = "before";
      }
    }
    if (begin < chunk.length) parts.push(chunk.subarray(begin));
  }
  if (parts.length > 0) yield { bytes: joined(parts), whole: false };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first] = parts;
  if (first && parts.length === 1) return first;
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
