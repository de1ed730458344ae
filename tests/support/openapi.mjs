// Holds answers to the gateway's own description of its interface.
import assert from "node:assert/strict";
import Ajv from "ajv/dist/2020.js";

const pointer = (...names) => names.map((name) => `/${encodeURIComponent(String(name).replaceAll("~", "~0").replaceAll("/", "~1"))}`).join("");

/** What checks values against an OpenAPI `document`. */
export function description(document) {
  const ajv = new Ajv({ strict: false, allErrors: true });
  ajv.addSchema({ $id: "openapi.json", ...document });
  const paths = Object.keys(document.paths).map((path) => ({
    path,
    // A model's name may have slashes.
    fits: new RegExp(`^${path.replaceAll(".", "\\.").replace(/\{(\w+)\}/g, (_, name) => (name === "model" ? ".+" : "[^/]+"))}$`),
  })).sort((a, b) => a.path.split("{").length - b.path.split("{").length);

  const compiled = new Map();
  const validate = (at, data) => {
    if (!compiled.has(at)) compiled.set(at, ajv.compile({ $ref: `openapi.json#${at}` }));
    const check = compiled.get(at);
    assert.ok(check(data), `${decodeURIComponent(at)}: ${ajv.errorsText(check.errors)} in ${JSON.stringify(data)?.slice(0, 500)}`);
  };
  return {
    document,
    /** Asserts that `data` fits the schema `name`. */
    schema: (name, data) => validate(pointer("components", "schemas", name), data),
    /** Whether `data` fits the schema `name`. */
    fits(name, data) {
      try {
        validate(pointer("components", "schemas", name), data);
        return true;
      } catch {
        return false;
      }
    },
    /** Asserts that an answer has a status, a type and a body that its operation describes. */
    answer(method, target, { status, headers, body }) {
      const address = decodeURI(target.split("?")[0]);
      const path = paths.find(({ fits }) => fits.test(address))?.path;
      const verb = method === "HEAD" ? "get" : method.toLowerCase();
      const operation = document.paths[path]?.[verb];
      const type = headers.get("content-type")?.split(";")[0];
      if (!operation) {
        assert.ok([400, 404, 405].includes(status) || path === undefined, `${method} ${target} answers ${status} and is not described`);
        if (type === "application/problem+json") validate(pointer("components", "schemas", "Problem"), body);
        return;
      }
      const described = operation.responses[status];
      assert.ok(described, `${method} ${path} answers ${status}, which is not described`);
      if (type === undefined || method === "HEAD") return;
      assert.ok(described.content?.[type], `${method} ${path} answers ${status} as ${type}, which is not described`);
      if (/json$/.test(type) && typeof body === "object") {
        validate(pointer("paths", path, verb, "responses", status, "content", type, "schema"), body);
      }
    },
  };
}
