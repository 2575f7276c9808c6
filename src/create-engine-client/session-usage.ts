import type { CallOptions } from "../engine/call-options.ts";
import { EngineError } from "../engine/errors.ts";
import type { Message } from "../engine/message.ts";
import type { Model } from "../engine/model.ts";
import { scoped } from "../engine/scope.ts";
import { type Session, type SessionRef, toSessionId } from "../engine/session.ts";
import { contextUseOf, type SessionUsage, usageOf } from "../engine/usage.ts";

/** What is read for it. */
export interface UsageSources {
  get(session: SessionRef, options: CallOptions): Promise<Session>;
  messages(session: SessionRef, options: CallOptions): Promise<readonly Message[]>;
  children(session: SessionRef, options: CallOptions): Promise<readonly Session[]>;
  listModels(
    options: CallOptions & { readonly workingDirectory?: string | undefined },
  ): Promise<readonly Model[]>;
}

export function readUsage(
  sources: UsageSources,
  session: SessionRef,
  { signal }: CallOptions,
): Promise<SessionUsage> {
  return scoped([signal], async (scope) => {
    const options = { signal: scope };
    const [own, others, models] = await Promise.all([
      sources.messages(session, options),
      messagesBelow(sources, toSessionId(session), scope),
      modelsOf(sources, session, scope),
    ]);
    return { own: usageOf(own), total: usageOf([...own, ...others]), context: contextUseOf(own, models) };
  });
}

/** The messages of the sessions that a session started as subagents, and of theirs. */
async function messagesBelow(
  { children, messages }: UsageSources,
  top: string,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const found: Message[] = [];
  // A session could name itself among its own ancestors: nothing keeps an engine from it.
  const seen = new Set([top]);
  const waiting = [top];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    for (const child of await children(id, { signal })) {
      if (seen.has(child.id)) continue;
      seen.add(child.id);
      waiting.push(child.id);
      found.push(...(await messages(child, { signal })));
    }
  }
  return found;
}

/** The models that there are where the session works; none where the engine does not tell. */
async function modelsOf(
  { get, listModels }: UsageSources,
  session: SessionRef,
  signal: AbortSignal,
): Promise<readonly Model[]> {
  const { workingDirectory } = await get(session, { signal });
  try {
    return await listModels({ workingDirectory, signal });
  } catch (error) {
    if (EngineError.is(error, "UNSUPPORTED")) return [];
    throw error;
  }
}
