// One finding in full: what is wrong, what fixes it, and the rule's documentation.
import { element } from "./element.js";
import { inline, markdown } from "./markdown.js";

/** `actions` are those of the page: `fix(finding)`, `ignore(finding)`; `documentation` is the rule's markdown. */
export function card(finding, documentation, actions) {
  return element("div", { class: `card ${finding.severity}` },
    element("p", { class: "what" },
      element("span", { class: "mark", "aria-hidden": "true" }),
      element("b", {}, `${finding.code} ${finding.name}`), ` ${finding.severity}`),
    element("p", { class: "message" }, ...inline(finding.message)),
    buttons(finding, actions),
    element("div", { class: "documentation", tabindex: "0", role: "region", "aria-label": `About ${finding.code}` },
      documentation ? markdown(documentation) : ""),
  );
}

/** The buttons that do something about a finding. */
export function buttons(finding, actions, ...more) {
  const row = element("p", { class: "buttons" });
  if (finding.fix) {
    const { title, safe } = finding.fix;
    row.append(element("button", {
      type: "button",
      class: safe && "primary",
      title: safe ? "Changes nothing that was meant" : "May change what was meant: look at the result",
      onclick: () => actions.fix(finding),
    }, `Fix: ${title}`, safe ? "" : element("small", {}, " (review)")));
  }
  // the linter's own remarks are about ignores
  if (!finding.code.startsWith("L")) {
    row.append(element("button", { type: "button", onclick: () => actions.ignore(finding) }, "Ignore…"));
  }
  row.append(...more);
  return row;
}
