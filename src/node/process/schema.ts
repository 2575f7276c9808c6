import { z } from "zod";

/** The file by which other programs of the same user find a server that one of them has started. */
export const recordSchema = z.object({
  url: z.url(),
  pid: z.int().positive(),
  /** Unix ms. */
  startedAt: z.number(),
  username: z.string(),
  /** Absent: the server asks for none. */
  password: z.string().optional(),
  version: z.string(),
  identity: z.string().optional(),
  mark: z.string(),
  /** Where a lease is had: a socket, on Windows a named pipe. */
  lease: z.string().min(1),
  keeperPid: z.int().positive(),
});

export type ServerRecord = z.infer<typeof recordSchema>;
