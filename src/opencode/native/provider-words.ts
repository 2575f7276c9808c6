/** What a provider said of its failure, freed of what its wire and the package that speaks it put around it. */
export interface ProviderWords {
  readonly message: string;
  /** It came as an object in the middle of an answer: only providers send such. */
  readonly isFromStream: boolean;
}

export function providerWords(said: string): ProviderWords {
  const inStream = messageOf(said);
  // Bedrock names the kind of an error in a header, where the package that speaks with it does not look.
  const message = (inStream ?? said).replace(/^undefined: (?=.)/, "");
  return { message, isFromStream: inStream !== undefined };
}

/** `{ message }`, or `{ error: { message } }`, as the engine passes on what it can't read. */
function messageOf(said: string): string | undefined {
  if (!said.startsWith("{")) return undefined;
  try {
    const body: unknown = JSON.parse(said);
    return messageIn(body) ?? messageIn(isRecord(body) ? body.error : undefined);
  } catch {
    return undefined;
  }
}

function messageIn(body: unknown): string | undefined {
  return isRecord(body) && typeof body.message === "string" && body.message !== "" ? body.message : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
