// What every client is asked, what the model answers, and what the client must make of it.

/** One red pixel. */
export const IMAGE = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

const parameters = (name) => ({
  type: "object", properties: { [name]: { type: "string" } }, required: [name], additionalProperties: false,
});
export const TOOLS = [
  { name: "find_order", description: "Finds an order by its number", parameters: parameters("order") },
  { name: "find_parcel", description: "Finds a parcel by its number", parameters: parameters("parcel") },
];
const SCHEMA = {
  type: "object", properties: { city: { type: "string" }, days: { type: "integer" } }, required: ["city", "days"], additionalProperties: false,
};
const QUESTION = [{ role: "user", text: "Where is my parcel?" }];
const CALLS = [
  { name: "find_order", arguments: JSON.stringify({ order: "A-17 „größer“" }) },
  { name: "find_parcel", arguments: JSON.stringify({ parcel: "00340 €" }) },
];
const asCalls = (calls) => calls.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) }));

/**
 * Rows: `request` in the adapters' terms, `answer` as the simulator's script, `expected` as the adapters' result.
 * A row that `needs` something is for the clients that can do it.
 */
export const ROWS = [
  {
    name: "text",
    request: { messages: [{ role: "system", text: "Be brief." }, ...QUESTION] },
    answer: { content: "Zoë, it left Orléans at 06:10. 📦" },
    expected: { texts: ["Zoë, it left Orléans at 06:10. 📦"], calls: [], finish: "stop" },
  },
  {
    name: "a tool",
    request: { messages: QUESTION, tools: TOOLS, parallel: false },
    answer: { tool_calls: CALLS.slice(0, 1), piece: 3 },
    expected: { texts: [""], calls: asCalls(CALLS.slice(0, 1)), finish: "tool_calls" },
  },
  {
    name: "parallel tools",
    request: { messages: QUESTION, tools: TOOLS },
    answer: { tool_calls: CALLS, piece: 3 },
    expected: { texts: [""], calls: asCalls(CALLS), finish: "tool_calls" },
  },
  {
    name: "results of tools",
    request: {
      tools: TOOLS,
      messages: [
        ...QUESTION,
        { role: "assistant", calls: [{ id: "call_1", name: "find_order", arguments: { order: "A-17" } }, { id: "call_2", name: "find_parcel", arguments: { parcel: "3" } }] },
        { role: "tool", id: "call_1", name: "find_order", text: "sent on Monday" },
        { role: "tool", id: "call_2", name: "find_parcel", text: "in Orléans" },
      ],
    },
    answer: { content: "It is in Orléans." },
    expected: { texts: ["It is in Orléans."], calls: [], finish: "stop" },
  },
  {
    name: "n = 2",
    needs: "n",
    request: { messages: QUESTION, n: 2 },
    answer: { content: ["Tomorrow before noon.", "Not before Friday, I am afraid."] },
    expected: { texts: ["Tomorrow before noon.", "Not before Friday, I am afraid."], calls: [], finish: "stop" },
  },
  {
    name: "an image",
    request: { messages: [{ role: "user", text: "What is on it?", image: IMAGE }] },
    answer: { content: "A red pixel." },
    expected: { texts: ["A red pixel."], calls: [], finish: "stop" },
    sent: (body) => body.messages.at(-1).content.some((part) => part.image_url?.url === IMAGE),
  },
  {
    name: "a schema",
    needs: "schema",
    request: { messages: QUESTION, schema: SCHEMA },
    answer: { content: JSON.stringify({ city: "Orléans", days: 2 }), piece: 4 },
    expected: { texts: [JSON.stringify({ city: "Orléans", days: 2 })], calls: [], finish: "stop" },
    sent: (body) => body.response_format.json_schema.schema.properties.city.type === "string",
  },
  {
    name: "the length ends it",
    // openai-python's helper raises LengthFinishReasonError.
    without: ["helper"],
    request: { messages: QUESTION },
    answer: { content: "It is", finish_reason: "length" },
    expected: { texts: ["It is"], calls: [], finish: "length" },
  },
];

/** Statuses an upstream refuses with: the fault, and what a client sees of it at the simulator itself. */
export const STATUSES = [
  { fault: { status: 400, code: "context_length_exceeded" }, code: "context_length_exceeded" },
  { fault: { status: 401 }, code: "invalid_api_key" },
  { fault: { status: 403 }, code: "unsupported_country_region_territory" },
  { fault: { status: 404 }, code: "model_not_found" },
  { fault: { status: 413 }, code: "request_too_large" },
  { fault: { status: 422 } },
  { fault: { status: 429 }, code: "rate_limit_exceeded", repeated: true },
  { fault: { status: 429, code: "insufficient_quota", headers: { "x-should-retry": "false" } }, code: "insufficient_quota" },
  { fault: { status: 500 }, repeated: true },
  { fault: { status: 502 }, repeated: true },
  { fault: { status: 503 }, repeated: true },
];
