import { urlOf } from "./address.ts";

/** Takes a value of an option, a variable (always text) or a file; `undefined` for one that is not allowed. */
export interface Parser<T> {
  (value: unknown): T | undefined;
  /** In words. */
  readonly allowed: string;
}

function parser<T>(allowed: string, parse: (value: unknown) => T | undefined): Parser<T> {
  return Object.assign(parse, { allowed });
}

export const parsePort: Parser<number> = parser(
  "a whole number from 0 to 65535 (0 takes a free port)",
  (value) => {
    const text = String(value);
    return /^\d{1,5}$/.test(text) && Number(text) <= 65_535 ? Number(text) : undefined;
  },
);

export const parseHost: Parser<string> = parser(
  "a host name or an IP address, without a scheme or a port",
  (value) => {
    if (typeof value !== "string" || value === "" || /[/@?#\s]/.test(value)) return undefined;
    return URL.canParse(urlOf(value, 1)) ? value : undefined;
  },
);

export const parseSwitch: Parser<boolean> = parser("true, 1, yes, on, false, 0, no, off", (value) => {
  const word = String(value).toLowerCase();
  if (["true", "1", "yes", "on"].includes(word)) return true;
  return ["false", "0", "no", "off"].includes(word) ? false : undefined;
});

export const parseText: Parser<string> = parser("a text that is not empty", (value) =>
  typeof value === "string" && value !== "" ? value : undefined,
);

export const parseMilliseconds: Parser<number> = parser("a number of milliseconds above 0", (value) => {
  return typeof value === "number" && value > 0 && Number.isFinite(value) ? value : undefined;
});

/** How often something is looked at. */
export const parseLooks: Parser<boolean | number> = parser(
  "true, false or milliseconds from 10 on",
  (value) => {
    if (typeof value === "boolean") return value;
    return typeof value === "number" && value >= 10 && value < 2 ** 31 ? value : undefined;
  },
);

export const parseRestart: Parser<"on-crash" | false> = parser('"on-crash" or false', (value) =>
  value === "on-crash" || value === false ? value : undefined,
);

/** Origins as browsers send them, `tauri://localhost` too; `*` for all of them. */
export const parseOrigins: Parser<readonly string[]> = parser(
  'a list of origins such as "https://app.example" or "tauri://localhost"',
  (value) => {
    const isOrigin = (text: unknown) =>
      typeof text === "string" && /^(?:\*|[a-z][\w+.-]*:\/\/[^\s/]+)$/i.test(text);
    return Array.isArray(value) && value.every(isOrigin) ? value : undefined;
  },
);

const LEVELS = ["DEBUG", "INFO", "WARN", "ERROR"] as const;
export type LogLevel = (typeof LEVELS)[number];

export const parseLogLevel: Parser<LogLevel> = parser("DEBUG, INFO, WARN, ERROR", (value) =>
  LEVELS.find((level) => level === String(value).toUpperCase()),
);

/** `false` is none at all. */
export const parsePassword: Parser<string | false> = parser("a text that is not empty, or false", (value) =>
  value === false ? value : parseText(value),
);
