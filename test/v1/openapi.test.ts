import { readFileSync } from "node:fs";
import { Validator } from "@seriousme/openapi-schema-validator";
import { describe, expect, it } from "vitest";
import { document, generated } from "../../docs/generate-openapi.ts";
import { v1Routes } from "../../src/v1/paths.ts";
import { openApiDocument } from "../../src/v1/schema/openapi.ts";

const refsIn = (value: unknown): readonly string[] =>
  JSON.stringify(value)
    .match(/"\$ref":"[^"]+"/g)
    ?.map((ref) => ref.slice('"$ref":"'.length, -1)) ?? [];

describe("the OpenAPI document", () => {
  it("in docs/ is the one that the schemas make: `node docs/generate-openapi.ts` writes it anew", () => {
    expect(readFileSync(document, "utf8")).toBe(generated());
  });

  it("is valid OpenAPI 3.1", async () => {
    const validator = new Validator();
    const { valid, errors } = await validator.validate(structuredClone(openApiDocument()));
    expect(errors).toBeUndefined();
    expect(valid).toBe(true);
    expect(validator.version).toBe("3.1");
  });

  it("describes every route of the contract, and no other", () => {
    const { paths } = JSON.parse(generated());
    const described = Object.entries<object>(paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/, ":$1")}`),
    );
    const routes = Object.values(v1Routes).map(({ method, path }) => `${method} ${path}`);
    expect(described.toSorted()).toEqual(routes.toSorted());
  });

  it("names only schemas that it has, and has none that nothing names", () => {
    const { components, paths } = JSON.parse(generated());
    const named = new Set(refsIn({ components, paths }));
    const there = Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`);
    expect([...named].toSorted()).toEqual(there.toSorted());
  });

  it("closes what is sent to a server, and leaves open what readers must tolerate", () => {
    const { schemas } = JSON.parse(generated()).components;
    expect(schemas.CreateSessionBody.additionalProperties).toBe(false);
    expect(schemas.PermissionReplyBody.additionalProperties).toBe(false);
    expect(schemas.Session).not.toHaveProperty("additionalProperties");
    expect(JSON.stringify(schemas.BusEvent)).not.toContain('"additionalProperties":false');
    expect(schemas.ToolCall.properties.input.additionalProperties).toEqual({});
  });
});
