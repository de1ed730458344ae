// The gateway with the simulator's OpenAI wire behind it, as clients of its OpenAI front see it.
import { KEY, startGateway } from "../support/gateway.mjs";

/** The default, and e-mail addresses redacted where a tool or a user has them. */
export const GUARDS = {
  GUARD_INPUT: JSON.stringify({ actions: { user: { email: "redact" }, tool: { email: "redact" } } }),
};

/** One upstream of OpenAI's wire, and models by their own names. */
export const openai = (url, secret = "dev-key") => ({
  UPSTREAMS: JSON.stringify([{ name: "openai", wire: "openai", url, credential: { secret: "OPENAI_API_KEY" } }]),
  MODELS: JSON.stringify(["gpt-4o-mini", "text-embedding-3-small", "mock"].map((name) => ({ name, targets: [{ upstream: "openai" }] }))),
  OPENAI_API_KEY: secret,
});

/** Starts it with these settings. */
export async function startOpenaiGateway(vars) {
  const gateway = await startGateway(undefined, { UPSTREAM_CLIENT_ID: null, UPSTREAM_CLIENT_SECRET: null, ...vars });
  return {
    ...gateway,
    /** A call that succeeds, after which no breaker counts the failures before it. */
    async recover() {
      const response = await this.complete({ model: "gpt-4o-mini", messages: [{ role: "user", content: "x" }] });
      if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
      await response.text();
    },
    /** What a client is given. */
    target: { url: `${gateway.url}/openai/v1`, key: KEY },
    /** A chat completion by hand; the body is text or a value. */
    complete: (body, headers = {}) => fetch(`${gateway.url}/openai/v1/chat/completions`, {
      method: "POST",
      headers: { authorization: `Bearer ${KEY}`, "content-type": "application/json", ...headers },
      body: typeof body === "string" || body instanceof Uint8Array ? body : JSON.stringify(body),
    }),
  };
}
