// The README's walks by a client that is generated from the OpenAPI document (openapi-typescript, openapi-fetch). It is
// compiled in strict mode: a member that the document does not have is an error here.
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.js";

type Schemas = components["schemas"];

export async function walk(
  { url, key }: { url: string; key: string },
  { order, request, definition, configuration }: {
    order: Schemas["PromptTemplate"]; request: Schemas["ChatRequest"];
    definition: Schemas["ModelDefinition"]; configuration: (id: string) => Schemas["ModelConfiguration"];
  },
) {
  const client = createClient<paths>({ baseUrl: url, headers: { authorization: `Bearer ${key}` } });
  const some = <T>({ data, error, response }: { data?: T; error?: unknown; response: Response }): T => {
    if (data === undefined) throw new Error(`${response.status} ${JSON.stringify(error)}`);
    return data;
  };

  const answer = some(await client.POST("/v1/chat", {
    body: request, params: { header: { "Idempotency-Key": "walk-ts" } }, headers: { accept: "application/json" },
  }));
  const guard = some(await client.POST("/v1/guard", { body: { text: "my card is 4111 1111 1111 1111", role: "user", direction: "input" } }));
  const lint = some(await client.POST("/v1/lint", { body: { text: "Hello {{name", kind: "text" } }));

  // A template: made, read from the edge, changed with the version that was read, and refused with an old one.
  const made = some(await client.POST("/v1/templates", { body: order }));
  const id = made.id as string;
  const read = await client.GET("/v1/templates/{id}", { params: { path: { id } } });
  const version = read.response.headers.get("etag") ?? "";
  const changed = { ...order, id, description: "changed" } as Schemas["PromptTemplate"];
  const update = (tag: string) =>
    client.PUT("/v1/templates/{id}", { params: { path: { id }, header: { "If-Match": tag } }, body: changed });
  some(await update(version));
  const late = await update(version);
  const executed = some(await client.POST("/v1/templates/{id}/execute", {
    params: { path: { id } }, headers: { accept: "application/json" },
    body: {
      modelId: "support-small", maxTokens: 200,
      variables: {
        brand: "Acme", order_number: "A-1", order_status: "in transit", expected_date: "Tuesday", carrier_note: "-",
        question: "Where is {{other}}?", nonce: "f3a9c2",
      },
    },
  }));

  // A model: submitted, configured, asked.
  const submitted = some(await client.POST("/v1/models", { body: definition }));
  const model = submitted.model.id;
  const events = await client.GET("/v1/models/{id}/events", { params: { path: { id: model } }, parseAs: "text" });
  const configured = await client.PUT("/v1/models/{id}/configuration", {
    params: { path: { id: model } }, body: configuration(model),
  });
  const invoked = some(await client.POST("/v1/models/{id}/invoke", {
    params: { path: { id: model } }, body: { input: "My router has been offline since noon." },
  }));

  return {
    chat: answer, guard: guard.action, lint: lint.findings.length, late: late.response.status,
    why: late.error?.code, executed, events: String(events.data), configured: configured.response.status, invoked,
  };
}
