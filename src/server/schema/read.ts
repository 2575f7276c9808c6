import type * as z from "zod/mini";
import { readJsonBody, readQuery } from "../read-request.ts";
import { parse } from "./parse.ts";

/** The body of a request. Throws as `readJsonBody` and `parse`. */
export async function bodyOf<Schema extends z.ZodMiniType>(
  request: Request,
  schema: Schema,
): Promise<z.output<Schema>> {
  return parse(schema, await readJsonBody(request), "The body");
}

/** The query of a request. Throws as `parse`. */
export function queryOf<Schema extends z.ZodMiniType>(url: URL, schema: Schema): z.output<Schema> {
  return parse(schema, readQuery(url), "The query");
}
