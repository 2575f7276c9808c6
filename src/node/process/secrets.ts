/** Shorter ones are words of any text, and no secrets. */
const SHORTEST = 6;

/** What must never be shown of an environment: values of variables that are named like secrets, and the passwords. */
export function secretsOf(
  env: Readonly<Record<string, string | undefined>>,
  ...passwords: readonly (string | undefined)[]
): readonly string[] {
  const named = Object.entries(env)
    .filter(([name]) => /key|token|secret|passw|credential/i.test(name))
    .flatMap(([, value]) => (value !== undefined && value.length >= SHORTEST ? [value] : []));
  const given = passwords.flatMap((password) => (password ? [password] : []));
  // The longest first: one may be a part of another.
  return [...given, ...named].sort((a, b) => b.length - a.length);
}
