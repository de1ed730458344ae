// The list of what was found.
import { buttons } from "./card.js";
import { $, element } from "./element.js";
import { inline, markdown } from "./markdown.js";

/** Most entries of the list; all are in the editor and in copies. */
export const LISTED = 200;

/** The entries whose documentation stands open; they stay so while the text changes. */
const unfolded = new Set();

/** Shows findings, and that `omitted` more are not among them; `actions` are `open`, `fix`, `ignore`. */
export function showList(findings, omitted, rules, actions) {
  const list = $("list");
  const at = [...list.children].indexOf(document.activeElement?.closest("#list > li"));
  const items = findings.slice(0, LISTED).map((found, index) => {
    const go = element("button", { type: "button", class: "place", tabindex: index ? "-1" : "0", onclick: () => actions.open(found) },
      element("span", { class: "mark", "aria-hidden": "true" }),
      element("span", { class: "message" }, ...inline(found.message)),
      element("span", { class: "where" }, `${found.severity} ${found.code} ${found.name}, line ${found.start.line}, column ${found.start.column}`));
    const page = element("div", { class: "documentation" });
    const about = element("button", { type: "button", onclick: () => {
      const isOpen = unfolded.delete(key) || !unfolded.add(key);
      fold(!isOpen);
    } }, `About ${found.code}`);
    const key = `${found.code} ${found.path} ${found.message}`;
    const fold = (isOpen) => {
      if (isOpen && !page.hasChildNodes()) page.append(markdown(rules.get(found.code)?.documentation ?? ""));
      page.hidden = !isOpen;
      about.setAttribute("aria-expanded", String(isOpen));
    };
    fold(unfolded.has(key));
    const item = element("li", { class: found.severity }, go, buttons(found, actions, about), page);
    return item;
  });
  const more = findings.length - items.length + omitted;
  if (more > 0) items.push(element("li", { class: "more" }, `and ${more} more`));
  list.replaceChildren(...items);
  if (at >= 0) (list.children[Math.min(at, items.length - 1)]?.querySelector("button") ?? $("tab-problems")).focus({ preventScroll: true });
}

/** Arrows within a row of things of which one has the tab stop. */
export function arrows(container, things, keys, chosen = () => {}) {
  container.addEventListener("keydown", (event) => {
    const all = things();
    const at = all.indexOf(document.activeElement);
    if (at < 0) return;
    const to = { [keys[0]]: at - 1, [keys[1]]: at + 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const next = all.at(to % all.length);
    for (const thing of all) thing.tabIndex = thing === next ? 0 : -1;
    next.focus();
    chosen(next);
  });
}
