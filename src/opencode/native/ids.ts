const TIME_DIGITS = 12;
const TIME_MASK = (1n << 48n) - 1n;
const SUFFIX_LENGTH = 14;
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/**
 * An id for a message that is to follow `newest`. Its time is never taken from a clock: releases up to 1.15 order
 * messages by id, and one that lies in the server's future makes the model run for ever, one in its past is never
 * answered. The newest id plus one is right everywhere.
 */
export function mintMessageId(newest: string | undefined): string {
  const time = /^msg_([0-9a-f]{12})/.exec(newest ?? "")?.[1] ?? "0";
  return `msg_${stamp(BigInt(`0x${time}`) + 1n)}`;
}

/**
 * Ids of the parts of a message, in their order: always the same for the same message. With them the same POST again is
 * an upsert, not a second prompt.
 */
export function partIds(messageId: string, count: number): readonly string[] {
  const [time, suffix] = [messageId.slice(4, 4 + TIME_DIGITS), messageId.slice(4 + TIME_DIGITS)];
  return Array.from(
    { length: count },
    (_, index) => `prt_${digitsOf(BigInt(`0x${time}`) + BigInt(index))}${suffix}`,
  );
}

function digitsOf(time: bigint): string {
  return (time & TIME_MASK).toString(16).padStart(TIME_DIGITS, "0");
}

function stamp(time: bigint): string {
  const random = crypto.getRandomValues(new Uint8Array(SUFFIX_LENGTH));
  return digitsOf(time) + Array.from(random, (byte) => ALPHABET[byte % ALPHABET.length]).join("");
}
