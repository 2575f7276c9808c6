import { openApiDocument } from "../v1/schema/openapi.ts";

export interface ServedDocumentOptions {
  readonly prefix: string;
  readonly hasPassword: boolean;
}

/** The contract's OpenAPI document as one server tells it: where its routes are, and what they want to be sent. */
export function servedDocument({ prefix, hasPassword }: ServedDocumentOptions): object {
  const document = openApiDocument();
  const servers = [{ url: prefix === "" ? "/" : prefix }];
  if (!hasPassword) return { ...document, servers };
  const securitySchemes = {
    bearer: { type: "http", scheme: "bearer" },
    basic: { type: "http", scheme: "basic" },
  };
  return {
    ...document,
    servers,
    security: [{ bearer: [] }, { basic: [] }],
    components: Object.assign({ securitySchemes }, document.components),
  };
}
