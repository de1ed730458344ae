// The least that a gateway does, as a Worker in JavaScript: it takes the client's body to upstream and the answer back.
// Streams pass as they come; what was asked for whole is joined. What `bench/deployed.mjs` measures the gateway beside.
export default {
  async fetch(request, env) {
    const native = new URL(request.url).pathname === "/v1/chat";
    if (request.method !== "POST") return new Response("ok");
    const body = await request.text();
    const response = await fetch(native ? `${env.UPSTREAM}/api/v2/ai/llm-gateway/chat` : `${env.UPSTREAM}/v1/chat/completions`, {
      method: "POST", body,
      headers: { authorization: `Bearer ${native ? env.TOKEN : env.KEY}`, "content-type": "application/json" },
    });
    const streams = native ? request.headers.get("accept") === "text/event-stream" : JSON.parse(body).stream === true;
    const headers = { "content-type": response.headers.get("content-type") };
    if (streams) return new Response(response.body, { status: response.status, headers });
    if (!native) return new Response(await response.text(), { status: response.status, headers });
    let content = "", usage;
    for (const line of (await response.text()).split("\n").filter(Boolean)) {
      const frame = JSON.parse(line);
      content += frame.content ?? "";
      usage = frame.usage ?? usage;
    }
    return Response.json({ content, usage });
  },
};
