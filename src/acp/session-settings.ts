import type { Agent } from "./agent.ts";
import { type ChoiceKind, choiceKinds, choose, withConfigured, withCurrent } from "./choices.ts";
import { methods } from "./methods.ts";
import { setOptionSchema } from "./schema.ts";
import type { SessionRecord } from "./session-record.ts";

/** What a prompt, or a new session, asks for. */
export type Wishes = Readonly<Partial<Record<ChoiceKind, string | undefined>>>;

export interface SettingContext {
  readonly engine: string;
  readonly signal: AbortSignal | undefined;
}

/**
 * Sets a session to what is wished for, and in the rest to what it is usually set to.
 * @throws EngineError `UNSUPPORTED`, `INVALID_REQUEST` for what the agent does not offer
 */
export async function applyWishes(
  record: SessionRecord,
  agent: Agent,
  wishes: Wishes,
  context: SettingContext,
): Promise<void> {
  const { engine } = context;
  const where = { engine, sessionId: record.id };
  // All of them are looked up first: nothing is set where something is not there.
  for (const kind of choiceKinds) {
    const wanted = wishes[kind];
    // What a model can be set to is known when it is chosen.
    if (wanted !== undefined && !(kind === "variant" && wishes.model !== undefined))
      choose(record.choices, kind, wanted, where);
  }
  record.isSetting = true;
  try {
    for (const kind of choiceKinds) {
      const wanted = wishes[kind];
      const base = record.base.get(kind);
      const isOffered = record.choices[kind]?.options.some(({ id }) => id === base) === true;
      const id =
        wanted === undefined ? (isOffered ? base : undefined) : choose(record.choices, kind, wanted, where);
      if (id !== undefined && id !== record.choices[kind]?.current)
        await set(record, agent, kind, id, context);
    }
  } finally {
    record.isSetting = false;
  }
}

async function set(
  record: SessionRecord,
  agent: Agent,
  kind: ChoiceKind,
  id: string,
  { signal }: SettingContext,
): Promise<void> {
  const sessionId = record.id;
  const options = { signal, sessionId };
  const configId = record.choices[kind]?.configId;
  if (configId !== undefined) {
    const asked = { sessionId, configId, value: id };
    const { configOptions } = await agent.ask(methods.setOption, asked, setOptionSchema, options);
    if (configOptions != null) return record.setChoices(withConfigured(record.choices, configOptions));
  } else if (kind === "agent") await agent.ask(methods.setMode, { sessionId, modeId: id }, answered, options);
  else await agent.ask(methods.setModel, { sessionId, modelId: id }, answered, options);
  record.setChoices(withCurrent(record.choices, kind, id));
}

const answered = { parse: (value: unknown) => value };
