/**
 * What OpenCode has stored: the latest sessions, how each rests, its last words, and what it cost. Only the file is read;
 * no engine runs for it, and one that does is not disturbed.
 *
 *     node --conditions=@quantumreef/source examples/history.ts                       # of this machine
 *     node --conditions=@quantumreef/source examples/history.ts path/to/opencode.db
 */
import { EngineError, type Message } from "@quantumreef/engine-client";
import { openHistory } from "@quantumreef/engine-client/node";

try {
  const history = await openHistory({
    path: process.argv[2], // by default the file of this user's OpenCode
    onDiagnostic: ({ message }) => console.error(message), // a row that can't be understood is left out
  });
  try {
    console.log(history.path);
    // One session after the other is read: a loop over ten thousand takes no more memory than this one.
    for await (const session of history.sessions({ limit: 10 })) {
      const messages = await history.messages(session);
      const day = new Date(session.updatedAt).toISOString().slice(0, 10);
      console.log(`\n${day}  ${session.status.padEnd(9)}  ${session.title}`);
      console.log(
        `  messages: ${messages.length}, tool calls: ${toolsOf(messages)}, cost: $${costOf(messages)}`,
      );

      const last = messages.at(-1);
      if (last?.error !== undefined) console.log(`  ${last.error.code}: ${last.error.message}`);
      else if (last?.complete === false) console.log("  Its engine died in the middle of this turn.");
      else console.log(`  ${last?.role ?? "nobody"}: ${(last?.content.text ?? "").slice(0, 70)}`);

      for (const { title } of await history.children(session)) console.log(`  started: ${title}`);
      if (history.layout === "legacy") continue; // the first OpenCode had no lists of work
      for (const { status, content } of await history.todos(session)) console.log(`  ${status}: ${content}`);
    }
  } finally {
    await history.close();
  }
} catch (error) {
  // No file, no database, a layout that is not known, a runtime without SQLite: the message says what to do.
  if (!EngineError.is(error, "HISTORY_UNREADABLE")) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

function toolsOf(messages: readonly Message[]): number {
  return messages.reduce((count, { toolCalls = [] }) => count + toolCalls.length, 0);
}

function costOf(messages: readonly Message[]): string {
  return messages.reduce((sum, { usage }) => sum + (usage?.costUsd ?? 0), 0).toFixed(5);
}
