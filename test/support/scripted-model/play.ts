import type { Directive, TokenUsage } from "./directives.ts";
import type { Gates } from "./gates.ts";
import type { Reply } from "./reply.ts";
import type { ReplyEncoder, Wire } from "./wire.ts";

/** What a step is played on. */
export interface Stage {
  readonly wire: Wire;
  readonly encoder: ReplyEncoder;
  readonly reply: Reply;
  readonly gates: Gates;
  /** Counts this request among those of the same step, separately for each use: 1, 2, 3... */
  attempt(use: "cut" | "error"): number;
}

/** Runs the directives of a step, in order, until one of them ends the reply; else ends it in the natural way. */
export async function play(directives: readonly Directive[], stage: Stage): Promise<void> {
  const ending: Ending = {
    finish: undefined,
    usage: { input: 10, output: 5, cached: 0, reasoning: 0 },
    counted: true,
    mark: true,
  };
  for (const directive of directives) {
    if (stage.reply.closed || (await perform(directive, stage, ending)) === "over") return;
  }
  const { finish, mark } = ending;
  await stage.reply.write(
    stage.encoder.end({ finish, mark, usage: ending.counted ? ending.usage : undefined }),
  );
  stage.reply.end();
}

interface Ending {
  finish: string | undefined;
  usage: TokenUsage;
  counted: boolean;
  mark: boolean;
}

async function perform(directive: Directive, stage: Stage, ending: Ending): Promise<"over" | undefined> {
  const { reply, encoder } = stage;
  switch (directive.type) {
    case "text":
    case "reasoning":
      for (const piece of pieces(directive.text, directive.size)) {
        await reply.write(encoder[directive.type](piece));
      }
      return undefined;
    case "repeat":
      for (let i = 0; i < directive.count && !reply.closed; i++) {
        await reply.write(encoder.text(directive.text.replaceAll("#", () => String(i))));
        if (directive.everyMs > 0) await reply.sleep(directive.everyMs);
      }
      return undefined;
    case "big":
      for (const piece of pieces(manyLines(directive.bytes), 4096)) await reply.write(encoder.text(piece));
      return undefined;
    case "tool": {
      // Written anew: the wire carries compact JSON, however the script was laid out.
      const input = JSON.stringify(directive.input);
      await reply.write(encoder.toolCall(directive.name, pieces(input, directive.size ?? 0)));
      return undefined;
    }
    case "badtool":
      await reply.write(encoder.toolCall(directive.name, [directive.rawArguments]));
      return undefined;
    case "finish":
      ending.finish = directive.reason;
      return undefined;
    case "usage": {
      const { type: _, ...counts } = directive;
      ending.usage = { ...ending.usage, ...counts };
      return undefined;
    }
    case "nousage":
      ending.counted = false;
      return undefined;
    case "nodone":
      ending.mark = false;
      return undefined;
    case "delay":
      await reply.sleep(directive.ms);
      return undefined;
    case "bytes":
      reply.sliceBy(directive.size);
      return undefined;
    case "gate":
      reply.begin();
      await reply.whileOpen((signal) => stage.gates.opened(directive.name, signal));
      return undefined;
    case "cut":
      if (stage.attempt("cut") > (directive.times ?? Number.POSITIVE_INFINITY)) return undefined;
      await reply.cut();
      return "over";
    case "hang":
      reply.begin();
      return "over";
    case "error":
      if (stage.attempt("error") > (directive.times ?? Number.POSITIVE_INFINITY)) return undefined;
      fail(directive, stage);
      return "over";
    case "overflow": {
      const { overflow } = stage.wire;
      reply.json(overflow.status, stage.wire.failure(overflow));
      return "over";
    }
    case "streamerror":
      await reply.write(
        encoder.failure({
          status: 500,
          message: directive.message,
          type: "server_error",
          code: "server_error",
        }),
      );
      reply.end();
      return "over";
    case "then":
    case "title":
      return undefined;
  }
}

function fail(error: Extract<Directive, { type: "error" }>, { reply, wire }: Stage): void {
  const { status, message = `scripted error ${status}`, errorType: type = "scripted_error", code } = error;
  reply.json(status, wire.failure({ status, message, type, code }), {
    ...(error.retryAfter === undefined ? {} : { "retry-after": String(error.retryAfter) }),
    ...(error.retryAfterMs === undefined ? {} : { "retry-after-ms": String(error.retryAfterMs) }),
  });
}

/** A text in deltas: by words (spaces stay with the word before), by UTF-16 units, or in one (0). */
function pieces(text: string, size: number | undefined): string[] {
  if (size === 0) return [text];
  if (size === undefined) return text.match(/\S+\s*|\s+/g) ?? [];
  return Array.from({ length: Math.ceil(text.length / size) }, (_, i) =>
    text.slice(i * size, (i + 1) * size),
  );
}

function manyLines(length: number): string {
  const lines = Array.from(
    { length: Math.ceil(length / 64) },
    (_, line) => `${String(line).padStart(63, ".")}\n`,
  );
  return lines.join("").slice(0, length);
}
