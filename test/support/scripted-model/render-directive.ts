import type { Directive } from "./directives.ts";
import { escapeText } from "./escape.ts";

/**
 * A directive as it stands in a prompt; `parseDirectives` reads it back as it was.
 *
 * @throws TypeError for what the language cannot say.
 */
export function renderDirective(directive: Directive): string {
  return `[[${[directive.type, ...argumentsOf(directive)].join(" ")}]]`;
}

function argumentsOf(directive: Directive): string[] {
  switch (directive.type) {
    case "text":
    case "reasoning":
      return [...option("size", directive.size), escapeText(directive.text)];
    case "repeat":
      return [`n=${directive.count}`, `ms=${directive.everyMs}`, `text=${escapeText(directive.text)}`];
    case "big":
      return [`bytes=${directive.bytes}`];
    case "tool":
      return [...option("size", directive.size), word(directive.name), JSON.stringify(directive.input)];
    case "badtool":
      return [word(directive.name), asItStands(directive.rawArguments)];
    case "title":
      return [escapeText(directive.title)];
    case "finish":
      return [word(directive.reason)];
    case "usage":
      return [
        ...option("in", directive.input),
        ...option("out", directive.output),
        ...option("cached", directive.cached),
        ...option("reasoning", directive.reasoning),
      ];
    case "delay":
      return [`${directive.ms}`];
    case "bytes":
      return [`${directive.size}`];
    case "cut":
      return option("times", directive.times);
    case "gate":
      return [word(directive.name)];
    case "error":
      return [
        `${directive.status}`,
        ...option("retry-after", directive.retryAfter),
        ...option("retry-after-ms", directive.retryAfterMs),
        ...option("times", directive.times),
        ...option("code", directive.code),
        ...option("type", directive.errorType),
        escapeText(directive.message ?? ""),
      ];
    case "streamerror":
      return [escapeText(directive.message)];
    case "then":
    case "nousage":
    case "nodone":
    case "hang":
    case "overflow":
      return [];
  }
}

function option(key: string, value: string | number | undefined): string[] {
  return value === undefined ? [] : [`${key}=${typeof value === "string" ? word(value) : value}`];
}

function word(text: string): string {
  if (!/^[\w.:/@-]+$/.test(text)) throw new TypeError(`Not a word that a directive can hold: ${text}`);
  return text;
}

/** Arguments that go to the wire unread have no escapes, so some cannot be said. */
function asItStands(text: string): string {
  if (text.includes("]]") || text.endsWith("]") || /^\s|\p{Cs}/u.test(text)) {
    throw new TypeError(
      `Raw arguments cannot hold "]]" or lone surrogates, end in "]" or start with space: ${text}`,
    );
  }
  return text;
}
