const SECRET =
  /(?:^| )(?:password|passwd|passphrase|secret|token|credentials?|authorization|cookie|bearer|jwt|(?:api|auth|access|secret|private) ?key(?: id)?)$/;

/** Objects in which every text may be a secret, whatever its name. */
const HOLDERS: ReadonlySet<string> = new Set(["headers", "environment", "env"]);

/** Of fields, headers, query parameters and variables. `tokens` and `maxTokens` are numbers of something else. */
export function isSecretName(name: string, others: ReadonlySet<string> = new Set()): boolean {
  if (others.has(name.toLowerCase())) return true;
  const words = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .split(/[^A-Za-z0-9]+/)
    .join(" ")
    .toLowerCase()
    .trim();
  // Engines have their providers' keys under this name.
  return words === "key" || SECRET.test(words);
}

export function holdsSecrets(name: string): boolean {
  return HOLDERS.has(name.toLowerCase());
}
