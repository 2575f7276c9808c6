import fc from "fast-check";
import { expect, it } from "vitest";
import type { TurnEndedEvent } from "../../src/engine/events.ts";
import type { PromptEvent } from "../../src/engine/prompt-events.ts";
import { TurnView } from "../../src/hub/turn-view.ts";
import { happenings } from "../lifecycle/arbitrary-facts.ts";
import { listener } from "../lifecycle/facts.ts";
import { foldPrompt } from "../opencode/fold-prompt.ts";

const RUNS = { numRuns: 1_000 };

/** Everything may be late, twice, out of order or missed in a gap; ids keep to their kind, as in every engine. */
it("adds up to the final messages, whatever happened to the connection meanwhile", () => {
  fc.assert(
    fc.property(happenings({ wild: false }), fc.boolean(), (log, lastWord) => {
      const it = listener();
      const prompts = new Map<string, PromptEvent[]>();
      const views = ["t1", "t2", "t3"].map((turnId) => new TurnView("ses_1", turnId));
      const born = new Set<string>();
      let seen = 0;
      const look = () => {
        for (const event of it.events.slice(seen)) {
          if (event.type === "message_created") {
            // Of a turn that was over and forgotten: an engine that begins it again contradicts itself.
            fc.pre(!born.has(event.message.id));
            born.add(event.message.id);
          }
          for (const view of views) {
            const told = [...(prompts.get(view.turnId) ?? []), ...view.take(event)];
            prompts.set(view.turnId, told);
          }
          if (event.type === "turn_ended") check(event, prompts.get(event.turnId) ?? []);
        }
        seen = it.events.length;
      };
      for (const happening of log) {
        if (happening.type === "fact") it.tell(happening.fact);
        else if (happening.type === "read") it.read(happening.snapshot, happening.final);
        else it.loseTouch();
        look();
      }
      if (lastWord) {
        it.read({ session: it.state.session, running: false, permissions: [] }, true);
        look();
        expect(it.state.openTurns).toEqual(new Set());
        expect(it.state.session.status).not.toBe("running");
      }
    }),
    RUNS,
  );
});

function check({ messages }: TurnEndedEvent, told: readonly PromptEvent[]) {
  const folded = foldPrompt(told);
  for (const part of messages.flatMap(({ parts = [] }) => parts)) {
    if (part.type === "text" || part.type === "reasoning")
      expect(folded.texts.get(part.id)?.text ?? "").toBe(part.text);
    if (part.type === "tool") {
      expect(folded.toolCalls.find(({ id }) => id === part.toolCall.id)).toEqual(part.toolCall);
      const over = part.toolCall.status === "success" || part.toolCall.status === "error";
      const results = told.filter(
        (event) => event.type === "tool_call_result" && event.toolCallId === part.toolCall.id,
      );
      expect(results).toHaveLength(over ? 1 : 0);
    }
  }
}
