import { equal } from "../assert.ts";
import type { Rule } from "../rule.ts";
import { collect, fold, TEXT } from "../turn.ts";

export const toolRules: readonly Rule[] = [
  {
    number: "R16",
    says: "tools start and end in their order, once each, and are read as they were told",
    async check({ client: open, session: create, brain }) {
      const client = await open();
      const session = await create(client);
      const call = client.session.prompt(session, await brain.useTools(TEXT));
      const events = await collect(call);
      const result = await call.result();
      equal(result.text, TEXT, "The text of the turn");
      const ids = result.toolCalls.map(({ id }) => id);
      equal(new Set(ids).size, 2, "The number of tool calls");
      const stages = events.flatMap((event) => {
        if (event.type === "tool_call_start") return [["start", event.toolCall.id]];
        return event.type === "tool_call_result" ? [["result", event.toolCallId]] : [];
      });
      const expected = ids.flatMap((id) => [
        ["start", id],
        ["result", id],
      ]);
      equal(stages, expected, "What was told of the tool calls");
      const statuses = result.toolCalls.map(({ status }) => status);
      equal(statuses, ["success", "success"], "How the tool calls ended");
      equal(fold(events).toolCalls, result.toolCalls, "The tool calls that the events tell");
      const read = (await client.session.messages(session)).flatMap(({ toolCalls = [] }) => toolCalls);
      equal(read, result.toolCalls, "The tool calls that are read later");
    },
  },
];
