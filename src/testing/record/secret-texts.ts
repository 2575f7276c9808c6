/** What stands in place of a secret. */
export const REMOVED = "[removed]";

type Rule = readonly [looksLike: RegExp, instead: string];

/** What is a secret by its looks, in any text: an answer of the model, the output of a tool, an error message. */
export const secretTexts: readonly Rule[] = [
  // Keys of providers and services.
  [/\b(?:sk|pk|rk)-[\w-]{16,}/g, REMOVED],
  [/\b(?:gh[pousr]_|github_pat_|glpat-|gsk_|hf_|npm_|xox[abeoprs]-)[\w-]{10,}/g, REMOVED],
  [/\bAIza[\w-]{30,}/g, REMOVED],
  [/\bA[KS]IA[A-Z0-9]{16}\b/g, REMOVED],
  // JSON web tokens.
  [/\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g, REMOVED],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, REMOVED],
  // With a digit or the like: "basic understanding" is none.
  [/\b(Bearer|Basic) (?=[\w+/.~-]*[\d+/=])[\w+/.~-]{8,}=*/gi, `$1 ${REMOVED}`],
  // The credentials of an address.
  [/(\b[a-z][\w+.-]*:\/\/)[^\s/?#@"']+@/gi, `$1${REMOVED}@`],
  // As in a .env file, in code, in a query, in JSON.
  [
    /((?:password|passwd|passphrase|secret|(?:api|access|auth|private|secret)[_-]?(?:key|token))\\?["']?\s{0,3}[:=]\s{0,3}\\?["']?)[^\s"'\\,;&}]{3,}/gi,
    `$1${REMOVED}`,
  ],
];
