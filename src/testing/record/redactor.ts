import { secretsIn } from "../../http/headers.ts";
import { holdsSecrets, isSecretName } from "./secret-names.ts";
import { REMOVED, secretTexts } from "./secret-texts.ts";

/** What is removed from a recording besides what is known to be secret. */
export interface WireRedaction {
  /** Names of fields, headers and query parameters, however their letters are cased: their values are removed. */
  readonly names?: readonly string[] | undefined;
  /** A string is removed wherever it stands, and a pattern whatever it matches. */
  readonly texts?: readonly (string | RegExp)[] | undefined;
}

/** Shorter ones that were only found under a secret's name may be words of any text: they are removed there alone. */
const SHORTEST_FOUND = 8;
/** The same for what was sent to prove who the client is. */
const SHORTEST_SENT = 4;

/**
 * Takes secrets out of what went over the wire. First it is shown everything: what is called a password in one place may
 * stand under no name in another.
 */
export class Redactor {
  readonly #names: ReadonlySet<string>;
  readonly #patterns: readonly (readonly [RegExp, string])[];
  readonly #known = new Set<string>();
  /** Of all that is known; made when it is needed. */
  #anyKnown: RegExp | undefined;

  constructor({ names = [], texts = [] }: WireRedaction = {}) {
    this.#names = new Set(names.map((name) => name.toLowerCase()));
    const patterns = texts.filter((text) => text instanceof RegExp);
    this.#patterns = [...patterns.map((pattern) => [everywhere(pattern), REMOVED] as const), ...secretTexts];
    for (const text of texts) if (typeof text === "string") this.#know(text, 1);
  }

  /** Learns what the headers of a request or of an answer prove who it is by. */
  learnHeaders(headers: Headers): void {
    for (const [name, value] of headers) {
      if (!this.isSecret(name)) continue;
      const told = /cookie/i.test(name) ? cookieValues(value) : secretsIn(value);
      for (const secret of told) this.#know(secret, SHORTEST_SENT);
    }
  }

  /** Learns what is called a secret in a value of JSON. */
  learn(value: unknown, isSecret = false): void {
    if (typeof value === "string") {
      if (isSecret) this.#know(value, SHORTEST_FOUND);
      return;
    }
    if (typeof value !== "object" || value === null) return;
    for (const [name, item] of Object.entries(value))
      this.learn(item, Array.isArray(value) ? isSecret : this.#isSecretField(name, item, isSecret));
  }

  /** Learns the values of variables that are called secrets: what is in the environment of the engine too, mostly. */
  learnVariables(env: Readonly<Record<string, string | undefined>>): void {
    for (const [name, value = ""] of Object.entries(env))
      if (this.isSecret(name)) this.#know(value, SHORTEST_FOUND);
  }

  /** Is this the name of a secret? */
  isSecret(name: string): boolean {
    return isSecretName(name, this.#names);
  }

  /** The same value of JSON without secrets. */
  value(value: unknown, isSecret = false): unknown {
    if (typeof value === "string") return isSecret && value !== "" ? REMOVED : this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.value(item, isSecret));
    if (!isRecord(value)) return value;
    return Object.fromEntries(
      Object.entries(value).map(([name, item]) => {
        // A list is one of names of variables.
        const within = this.#isSecretField(name, item, isSecret) || (holdsSecrets(name) && isRecord(item));
        return [this.text(name), this.value(item, within)];
      }),
    );
  }

  text(text: string): string {
    this.#anyKnown ??= anyOf(this.#known);
    const unknown = this.#anyKnown === undefined ? text : text.replace(this.#anyKnown, REMOVED);
    return this.#patterns.reduce((shown, [pattern, instead]) => shown.replace(pattern, instead), unknown);
  }

  /** A frame of a stream, whose lines may hold JSON. Where nothing is removed it stays as it was written. */
  frame(frame: string): string {
    return linesOf(frame)
      .map(({ field, data, end }) => {
        const parsed = parse(data);
        if (parsed === undefined) return this.text(field + data) + end;
        const shown = JSON.stringify(this.value(parsed));
        return shown === JSON.stringify(parsed) ? field + data + end : field + shown + end;
      })
      .join("");
  }

  /** Learns what is called a secret in a frame. */
  learnFrame(frame: string): void {
    for (const { data } of linesOf(frame)) this.learn(parse(data));
  }

  #isSecretField(name: string, value: unknown, isSecret: boolean): boolean {
    if (isSecret) return true;
    if (isDescription(value)) return false;
    // Of what is called just so, only a text is one: `key: { ctrl: true }` is not.
    return this.isSecret(name) && (typeof value === "string" || name.toLowerCase() !== "key");
  }

  #know(secret: string, shortest: number): void {
    if (secret.length < shortest || secret === REMOVED) return;
    this.#anyKnown = undefined;
    // As it may stand in an address, and in JSON that is a text in JSON.
    for (const form of [
      secret,
      encodeURIComponent(secret.toWellFormed()),
      JSON.stringify(secret).slice(1, -1),
    ])
      this.#known.add(form);
  }
}

interface Line {
  /** `data: ` and the like. */
  readonly field: string;
  readonly data: string;
  readonly end: string;
}

function linesOf(frame: string): readonly Line[] {
  return [...frame.matchAll(/(data:[ ]?)?([^\r\n]*)(\r\n|\n|\r|$)/gy)].map(
    ([, field = "", data = "", end = ""]) => ({ field, data, end }),
  );
}

/** `undefined`: it is no object and no list. */
function parse(data: string): unknown {
  if (!/^\s*[{[]/.test(data)) return undefined;
  try {
    return JSON.parse(data);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function cookieValues(header: string): readonly string[] {
  return header.split(/[;,]/).flatMap((pair) => /=(.*)/.exec(pair)?.[1]?.trim() ?? []);
}

function everywhere(pattern: RegExp): RegExp {
  return pattern.global ? pattern : new RegExp(pattern, `${pattern.flags}g`);
}

/**
 * Says something of a secret, and not what it is: the schema of one, or, as `/v1/provider` tells it, where it comes from.
 * What stands in it has names of its own.
 */
function isDescription(value: unknown): boolean {
  if (!isRecord(value)) return false;
  if ("$ref" in value || "properties" in value) return true;
  return Object.keys(value).every((key) => key === "source" || key === "variables");
}

/** The longer ones first: a shorter one may be a part of them. */
function anyOf(texts: ReadonlySet<string>): RegExp | undefined {
  if (texts.size === 0) return undefined;
  const byLength = [...texts].sort((a, b) => b.length - a.length);
  return new RegExp(byLength.map((text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("|"), "g");
}
