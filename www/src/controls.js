// The tabs and the theme.
import { $ } from "./element.js";
import { arrows } from "./problems.js";
import { store } from "./store.js";

const tabs = [...document.querySelectorAll("[role=tab]")];
function select(tab) {
  for (const each of tabs) {
    each.setAttribute("aria-selected", String(each === tab));
    each.tabIndex = each === tab ? 0 : -1;
    $(each.getAttribute("aria-controls")).hidden = each !== tab;
  }
}
for (const tab of tabs) tab.addEventListener("click", () => select(tab));
arrows(document.querySelector("[role=tablist]"), () => tabs, ["ArrowLeft", "ArrowRight"], select);

const THEMES = ["auto", "light", "dark"];
function theme(name) {
  if (name === "auto") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = name;
  $("theme").textContent = `Theme: ${name}`;
}
theme(document.documentElement.dataset.theme ?? "auto");
$("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
  theme(next);
  store(localStorage, "theme", next === "auto" ? null : next);
});
