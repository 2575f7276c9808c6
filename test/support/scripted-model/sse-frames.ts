/** A server-sent event without a name. */
export const data = (value: unknown): string => `data: ${JSON.stringify(value)}\n\n`;

/** A server-sent event that is named after the type of what it holds. */
export const named = <T extends { readonly type: string }>(value: T): string =>
  `event: ${value.type}\n${data(value)}`;
