// Writes openapi.json anew from the schemas of the contract: `node docs/generate-openapi.ts`.
import { writeFileSync } from "node:fs";
import { openApiDocument } from "../src/v1/schema/openapi.ts";

export const document = new URL("./openapi.json", import.meta.url);

export const generated = (): string => `${JSON.stringify(openApiDocument(), null, 2)}\n`;

if (import.meta.main) writeFileSync(document, generated());
