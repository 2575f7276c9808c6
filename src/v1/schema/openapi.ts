import * as z from "zod/mini";
import { type V1Route, type V1RouteName, v1Routes } from "../paths.ts";
import { announcedCapabilities } from "./capabilities.ts";
import { components } from "./components.ts";
import { type Json, json, type Operation, ref, refusalOf } from "./operation.ts";
import { operations } from "./operations.ts";

/** The contract as an OpenAPI 3.1 document, made of the schemas that the client and the server run on. */
export function openApiDocument(): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const [name, { method, path }] of Object.entries(v1Routes)) {
    const template = path.replace(/:(\w+)/, "{$1}");
    const item = paths[template] ?? {};
    paths[template] = item;
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
  const { summary, query = {}, body, answers } = operations[name];
  const route: V1Route = v1Routes[name];
  const [, variable] = /:(\w+)/.exec(route.path) ?? [];
  const parameters = [
    ...(variable ? [{ name: variable, in: "path", required: true, schema: { type: "string" } }] : []),
    ...Object.entries(query).map(([parameter, description]) => ({
      name: parameter,
      in: "query",
      description,
      schema: PARAMETERS[parameter] ?? { type: "string" },
    })),
    ...(name === "events" ? [{ name: "Last-Event-ID", in: "header", schema: { type: "string" } }] : []),
  ];
  const refused = refusalsOf(operations[name], route).map((status) => [
    status,
    json(refusalOf[status] ?? "", ref("ErrorBody")),
  ]);
  return {
    operationId: name,
    summary,
    ...(route.optional ? { description: whenItIsThere(route) } : {}),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body && {
      requestBody: { required: body.required, content: { "application/json": { schema: ref(body.schema) } } },
    }),
    responses: { ...answers, ...Object.fromEntries(refused) },
  };
}

/** Those of the query that are no texts. */
const PARAMETERS: Readonly<Record<string, Json>> = {
  limit: { type: "integer", minimum: 1 },
  rootsOnly: { type: "boolean" },
  includeArchived: { type: "boolean" },
};

/** Any route may ask for credentials, or have lost its engine; what is sent may be wrong, and what is optional missing. */
function refusalsOf({ body, query, refusals = [] }: Operation, { capability }: V1Route): readonly number[] {
  const sent = [...(body || query ? [400] : []), ...(body ? [413] : [])];
  return [401, 403, ...sent, ...refusals, ...(capability === undefined ? [] : [501]), 503];
}

function whenItIsThere({ capability }: V1Route): string {
  const announced: readonly string[] = announcedCapabilities;
  return capability !== undefined && announced.includes(capability)
    ? `Optional: a server that has it says so in its health, as the capability \`${capability}\`.`
    : "Optional: a server may lack it.";
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
