import type { MessageContent } from "./message.ts";

/** A file or an image that goes with a prompt. */
export type PromptAttachment = (FileOnEngine | AttachmentAtUrl | AttachedData) & {
  /** What the model knows it as. Default: the name in the path or the address, or that of the `File`. */
  readonly name?: string | undefined;
};

/** A file on the engine's own disk, which the engine reads when it gets the prompt. */
export interface FileOnEngine {
  /** Absolute, or relative to the session's working directory. A folder gives its list of names. */
  readonly path: string;
  /** Only these lines, counted from 1, both included: `[10, 40]`, or `[10]` for all from the tenth on. */
  readonly lines?: LineRange | undefined;
}

export interface AttachmentAtUrl {
  /** `data:`, `file:` (on the engine's disk), `http:` or `https:`. */
  readonly url: string | URL;
  /** Of a `file:` address, as in {@link FileOnEngine}. */
  readonly lines?: LineRange | undefined;
  /** Default: what the address or its server says, else what the bytes look like. */
  readonly mimeType?: string | undefined;
}

/** What the client has and the engine does not: it is sent whole. */
export interface AttachedData {
  readonly data: Blob | Uint8Array | ArrayBuffer;
  /** Default: that of the `Blob`, else what the bytes look like. */
  readonly mimeType?: string | undefined;
}

export type LineRange = readonly [first: number, last?: number | undefined];

/** A string is text, a `URL` an attachment at that address, binary data an attachment of its own kind. */
export type PromptPart = string | MessageContent | PromptAttachment | URL | Blob | Uint8Array | ArrayBuffer;

/** What a prompt or a stored message may be made of. */
export type PromptContent = PromptPart | readonly PromptPart[];
