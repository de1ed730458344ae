// Requests to a gateway, for the commands that need one.
import { Usage } from "./usage.js";

export const GATEWAY_OPTIONS = { url: { type: "string" }, key: { type: "string" } };

export const GATEWAY_HELP = `  --url URL            the gateway's address; else the variable PROMPTGATE_URL
  --key KEY            a client's key; else the variable PROMPTGATE_KEY, which no list of processes shows
`;

/** How long an answer may take: the gateway's own deadline is a minute. */
const LIMIT_MS = 90_000;

export class Gateway {
  #url;
  #key;

  constructor({ url = process.env.PROMPTGATE_URL, key = process.env.PROMPTGATE_KEY }) {
    if (!url) throw new Usage("Name the gateway: --url https://…, or the variable PROMPTGATE_URL.");
    if (!key) throw new Usage("Give a key: the variable PROMPTGATE_KEY, or --key.");
    if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) throw new Usage("--url must be an address that begins with https:// or http://.");
    // The platform refuses a header of anything else, and quotes it.
    if (!/^[\x21-\x7e]+$/.test(key)) throw new Usage("The key holds a character that no key has: copy it again.");
    this.#url = url.replace(/\/+$/, "");
    this.#key = key;
  }

  /**
   * The gateway's answer: `{ status, body }`, the body parsed where it is JSON. A refusal is an answer too, its body a
   * problem document; what is no answer of a gateway is a `Usage`.
   */
  async ask(method, path, body) {
    let response, text;
    try {
      response = await fetch(this.#url + path, {
        method,
        headers: { authorization: `Bearer ${this.#key}`, ...(body !== undefined && { "content-type": "application/json" }) },
        body: body === undefined ? undefined : JSON.stringify(body),
        redirect: "manual",
        signal: AbortSignal.timeout(LIMIT_MS),
      });
      text = await response.text();
    } catch (error) {
      throw new Usage(`${this.#url} does not answer: ${error.name === "TimeoutError" ? `nothing came in ${LIMIT_MS / 1000} s` : (error.cause?.code ?? error.message)}.`);
    }
    const { status } = response;
    if (text === "" && status < 300) return { status, body: undefined };
    try {
      return { status, body: JSON.parse(text) };
    } catch {
      throw new Usage(`${this.#url}${path} answered ${status} with something that is no answer of a gateway: check the address.`);
    }
  }

  /** The body of an answer that must be a success. */
  async must(method, path, body) {
    const answer = await this.ask(method, path, body);
    if (answer.status >= 300) throw refused(answer);
    return answer.body;
  }
}

/** A problem document as a message for people. */
export const refused = ({ status, body }) => new Usage(`The gateway refuses this (${status} ${body.code ?? "without a code"}): ${body.detail ?? body.title ?? "it does not say why."}`, body.errors?.length > 1 ? body.errors : undefined);
