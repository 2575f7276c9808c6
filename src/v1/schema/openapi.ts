import * as z from "zod/mini";
import { type V1RouteName, v1Routes } from "../paths.ts";
import { components } from "./components.ts";
import { type Json, json, operations, ref, refusalOf } from "./operations.ts";

/** The contract as an OpenAPI 3.1 document, made of the schemas that the client and the server run on. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, { method, path }] of Object.entries(v1Routes)) {
    const item = paths[path.replace(":id", "{id}")] ?? {};
    paths[path.replace(":id", "{id}")] = item;
    item[method.toLowerCase()] = describeOperation(name as V1RouteName);
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "AI coding engine, /v1",
      version: "1",
      description:
        "REST and server-sent events, JSON, UTF-8. Times are Unix milliseconds. Within /v1 only additions: readers ignore fields and event types that they do not know.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "http://127.0.0.1:4096" }],
    paths,
    components: { schemas: componentSchemas() },
  };
}

function describeOperation(name: V1RouteName): Json {
  const { summary, query = {}, body, answers, refusals } = operations[name];
  const { path } = v1Routes[name];
  const parameters = [
    ...(path.includes(":id") ? [{ name: "id", in: "path", required: true, schema: { type: "string" } }] : []),
    ...Object.entries(query).map(([parameter, description]) => ({
      name: parameter,
      in: "query",
      description,
      schema: parameter === "limit" ? { type: "integer", minimum: 1 } : { type: "string" },
    })),
    ...(name === "events" ? [{ name: "Last-Event-ID", in: "header", schema: { type: "string" } }] : []),
  ];
  const refused = [401, 403, ...refusals, 503].map((status) => [
    status,
    json(refusalOf[status] ?? "", ref("ErrorBody")),
  ]);
  return {
    operationId: name,
    summary,
    ...("optional" in v1Routes[name] ? { description: "Optional: a server may lack it." } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body && {
      requestBody: { required: body.required, content: { "application/json": { schema: ref(body.schema) } } },
    }),
    responses: { ...answers, ...Object.fromEntries(refused) },
  };
}

function componentSchemas(): Readonly<Record<string, Json>> {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(components)) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, {
    uri: (id) => `#/components/schemas/${id}`,
    override: ({ zodSchema, jsonSchema }) => {
      // Readers ignore what they do not know; only what is sent to a server is closed.
      const { def } = zodSchema._zod;
      if (def.type === "object" && !("catchall" in def && def.catchall))
        delete jsonSchema.additionalProperties;
    },
  });
  return Object.fromEntries(
    Object.entries(schemas).map(([id, { $id: _id, $schema: _schema, ...schema }]) => [id, schema]),
  );
}
