import type { ManagedEngineClient } from "../engine/managed-engine-client.ts";
import { scoped } from "../engine/scope.ts";
import { formatTranscript } from "../transcript/format-transcript.ts";
import { readUsage, type UsageSources } from "./session-usage.ts";

/** What is made of a session's records. */
export function createRecordCalls(
  sources: UsageSources,
): Pick<ManagedEngineClient["session"], "usage" | "exportTranscript"> {
  return {
    usage: async (session, options = {}) => readUsage(sources, session, options),
    exportTranscript: (session, format, { signal } = {}) =>
      scoped([signal], async (scope) => {
        const options = { signal: scope };
        const [told, messages] = await Promise.all([
          sources.get(session, options),
          sources.messages(session, options),
        ]);
        return formatTranscript({ session: told, messages }, format);
      }),
  };
}
