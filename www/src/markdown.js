// A rule's documentation as elements. It knows what the engine writes: headings, paragraphs, fences, `code`.
import { element } from "./element.js";

/** Elements for `markdown`, without its title and the line of severities below it. */
export function markdown(text) {
  const fragment = document.createDocumentFragment();
  // every other part is between fences
  text.split(/^```.*\n?/m).forEach((part, index) => {
    if (index % 2) return fragment.append(element("pre", {}, part.replace(/\n$/, "")));
    for (const block of part.split("\n\n").map((block) => block.trim())) {
      if (!block || block.startsWith("# ") || /^Severity: \w+\. Fix: \w+\.$/.test(block)) continue;
      if (block.startsWith("## ")) fragment.append(element("h4", {}, block.slice(3)));
      else fragment.append(element("p", {}, ...inline(block)));
    }
  });
  return fragment;
}

/** Text with its `code` as elements. */
export function inline(text) {
  return text.split(/(`[^`]+`)/).filter(Boolean).map((part) =>
    part.startsWith("`") && part.length > 2 ? element("code", {}, part.slice(1, -1)) : part);
}
