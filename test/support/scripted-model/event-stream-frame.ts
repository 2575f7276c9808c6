import { crc32 } from "node:zlib";

/**
 * A message of `application/vnd.amazon.eventstream`: its length and that of its headers, their checksum, the headers,
 * the body, and the checksum of all.
 */
export function eventStreamFrame(headers: Readonly<Record<string, string>>, body: unknown): Uint8Array {
  const head = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const payload = Buffer.from(JSON.stringify(body), "utf8");
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(16 + head.length + payload.length, 0);
  lengths.writeUInt32BE(head.length, 4);
  const message = Buffer.concat([lengths, checksum(lengths), head, payload]);
  return Buffer.concat([message, checksum(message)]);
}

const STRING = 7;

function header(name: string, value: string): Buffer {
  const key = Buffer.from(name, "utf8");
  const text = Buffer.from(value, "utf8");
  const size = Buffer.alloc(2);
  size.writeUInt16BE(text.length);
  return Buffer.concat([Buffer.of(key.length), key, Buffer.of(STRING), size, text]);
}

function checksum(bytes: Uint8Array): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
