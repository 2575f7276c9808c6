import type { Frame, ReplyEncoder } from "./wire.ts";

/** A run of the same kind: text, reasoning, or one tool call. */
export interface Block {
  /** 0, 1, 2... within the reply. */
  readonly index: number;
  readonly kind: "text" | "reasoning" | "tool";
  /** Of the tool. */
  readonly name: string;
  /** All that was said in it so far. */
  readonly whole: string;
}

/** How a wire says that a block begins, goes on and ends. */
export interface BlockFrames {
  /** Once, before everything else. */
  begin(): Frame[];
  open(block: Block): Frame[];
  delta(block: Block, piece: string): Frame[];
  close(block: Block): Frame[];
}

/** What most wires have in common: content comes in blocks, which are opened and closed. */
export interface BlockWriter extends Pick<ReplyEncoder, "text" | "reasoning" | "toolCall"> {
  /** Closes the block that is open, if one is. */
  close(): Frame[];
  /** Whether a tool was called. */
  readonly calledTool: boolean;
}

export function inBlocks(frames: BlockFrames): BlockWriter {
  let begun = false;
  let count = 0;
  let current: { index: number; kind: Block["kind"]; name: string; whole: string } | undefined;
  let calledTool = false;

  const begin = (): Frame[] => {
    if (begun) return [];
    begun = true;
    return frames.begin();
  };
  const close = (): Frame[] => {
    const closing = current;
    current = undefined;
    return [...begin(), ...(closing ? frames.close(closing) : [])];
  };
  const say = (kind: Block["kind"], piece: string, name = ""): Frame[] => {
    const said: Frame[] = [];
    if (current?.kind !== kind || current.name !== name) said.push(...close());
    if (current === undefined) {
      current = { index: count++, kind, name, whole: "" };
      said.push(...frames.open(current));
    }
    current.whole += piece;
    return [...said, ...frames.delta(current, piece)];
  };

  return {
    text: (delta) => say("text", delta),
    reasoning: (delta) => say("reasoning", delta),
    toolCall(name, pieces) {
      calledTool = true;
      return [...close(), ...pieces.flatMap((piece) => say("tool", piece, name)), ...close()];
    },
    close,
    get calledTool() {
      return calledTool;
    },
  };
}
