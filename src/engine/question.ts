import type { QuestionRequest } from "./permission.ts";

/** A request's id, or the request or event itself. */
export type QuestionRef =
  | string
  | {
      readonly questionId: string;
      readonly sessionId?: string | undefined;
      readonly questions?: QuestionRequest["questions"] | undefined;
    };

/** The answer to one question: what is chosen (an option's label), or the person's own words; several where allowed. */
export type QuestionAnswer = string | readonly string[];
