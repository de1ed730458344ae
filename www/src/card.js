// One finding in full: what is wrong, what mends it, and the rule's documentation.
import { element, markdown } from "./markdown.js";

/** `actions` are those of the page: `fix(finding)`, `ignore(finding)`; `documentation` is the rule's markdown. */
export function card(finding, documentation, actions) {
  return element("div", { class: `card ${finding.severity}` },
    element("p", { class: "what" },
      element("span", { class: "mark", "aria-hidden": "true" }),
      element("b", {}, `${finding.code} ${finding.name}`), ` ${finding.severity}`),
    element("p", { class: "message" }, finding.message),
    buttons(finding, actions),
    element("div", { class: "documentation", tabindex: "0", role: "region", "aria-label": `About ${finding.code}` },
      documentation ? markdown(documentation) : ""),
  );
}

/** The buttons that do something about a finding. */
export function buttons(finding, actions) {
  const row = element("p", { class: "buttons" });
  if (finding.fix) {
    const review = finding.fix.safe ? "" : " (look at the result)";
    row.append(element("button", { type: "button", class: "primary", onclick: () => actions.fix(finding) }, `Fix: ${finding.fix.title}${review}`));
  }
  // the linter's own remarks are about ignores
  if (!finding.code.startsWith("L")) {
    row.append(element("button", { type: "button", onclick: () => actions.ignore(finding) }, "Ignore…"));
  }
  return row;
}
