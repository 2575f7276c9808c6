import type { ComponentName } from "./components.ts";

export type Json = Readonly<Record<string, unknown>>;

/** What a route takes and answers. */
export interface Operation {
  readonly summary: string;
  /** What its parameters mean. */
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: { readonly schema: ComponentName; readonly required: boolean };
  /** By status. */
  readonly answers: Readonly<Record<number, Json>>;
  /** Besides those that follow from the rest: see `refusalsOf`. */
  readonly refusals?: readonly number[];
}

export const ref = (name: ComponentName): Json => ({ $ref: `#/components/schemas/${name}` });
export const json = (description: string, schema: Json): Json => ({
  description,
  content: { "application/json": { schema } },
});
export const listOf = (name: ComponentName): Json => ({ type: "array", items: ref(name) });
/** OpenAPI 3.1 has no word for the frames of a stream: they are described as what its text consists of. */
export const stream = (description: string, frame: Json): Json => ({
  description,
  content: {
    "text/event-stream": {
      schema: { type: "string", contentMediaType: "application/json", contentSchema: frame },
    },
  },
});

export const done = (description: string): Json => ({ description });

/** What a status means, by the codes that it carries. */
export const refusalOf: Readonly<Record<number, string>> = {
  400: "`INVALID_REQUEST`",
  401: "`AUTH_REQUIRED`",
  403: "`PERMISSION_DENIED`",
  404: "`SESSION_NOT_FOUND`, `PERMISSION_NOT_FOUND` or `QUESTION_NOT_FOUND`",
  409: "`SESSION_RUNNING`",
  413: "`CONTEXT_OVERFLOW` of a prompt, `INVALID_REQUEST` of a body over the limit",
  429: "`RATE_LIMITED`, with `Retry-After`",
  501: "`UNSUPPORTED`",
  503: "`ENGINE_UNAVAILABLE`",
};
