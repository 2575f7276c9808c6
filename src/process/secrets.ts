export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly password?: string | undefined;
  readonly secrets: readonly string[];
}

/** Shorter ones are words of any text, and no secrets. */
const SHORTEST = 6;

/** What must never be shown of what an engine says: values of variables that are named like secrets, and those told. */
export function secretsOf({ env, password, secrets }: SecretSources): readonly string[] {
  const named = Object.entries(env)
    .filter(([name]) => /key|token|secret|passw|credential/i.test(name))
    .flatMap(([, value]) => (value !== undefined && value.length >= SHORTEST ? [value] : []));
  const given = [...secrets, ...(password ? [password] : [])];
  // The longest first: one may be a part of another.
  return [...given, ...named].sort((a, b) => b.length - a.length);
}
