// Which rules are meant: by code, by the beginning of a code, or by name.
import { rules } from "./engine.js";
import { nearest, Usage } from "./usage.js";

/** A function that says whether a finding of a code is wanted. */
export function chosen(select, ignore) {
  const wanted = select === undefined ? undefined : codes(select);
  const unwanted = codes(ignore ?? []);
  return (code) => (wanted === undefined || wanted.has(code)) && !unwanted.has(code);
}

/** The configuration `config` (JSON text) without the rules that are not `wanted`: what is not shown is not fixed. */
export function narrowed(config, wanted) {
  const unwanted = rules().map(({ code }) => code).filter((code) => !wanted(code));
  if (unwanted.length === 0) return config;
  const { rules: own, ...rest } = JSON.parse(config ?? "{}");
  return JSON.stringify({ ...rest, rules: { ...own, ...Object.fromEntries(unwanted.map((code) => [code, "off"])) } });
}

/** The codes that a list of codes, beginnings and names means. */
export function codes(list) {
  const all = rules();
  return new Set(list.flatMap((one) => {
    const upper = one.toUpperCase();
    const found = all.filter(({ code, name }) => name === one || (/^[A-Z]\d{0,3}$/.test(upper) && code.startsWith(upper)));
    if (found.length > 0) return found.map(({ code }) => code);
    const near = nearest(one, all.flatMap(({ code, name }) => [code, name]));
    throw new Usage(`There is no rule ${JSON.stringify(one)}${near ? `: did you mean ${near}?` : "."}`);
  }));
}
