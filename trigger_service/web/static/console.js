// What all pages have: times of one's own zone, live parts, keys; and what a page has only where it is there.
import { printTimes, zones } from "./times.js";
import { follow } from "./live.js";
import { keys } from "./keys.js";

zones();
printTimes(document);
setInterval(() => document.hidden || printTimes(document, "[data-as=ago], [data-as=since]"), 1000);
keys();
follow();
for (const { dataset } of document.querySelectorAll("[data-module]")) {
  import(`./${dataset.module}.js`).then((found) => found.start());
}

document.addEventListener("click", ({ target }) => {
  const button = target.closest("[data-copy], [data-theme-switch]");
  if (!button) return;
  if ("themeSwitch" in button.dataset) return switchTheme();
  const { copy } = button.dataset;
  const from = copy.startsWith("#") ? document.querySelector(copy) : null;
  navigator.clipboard.writeText(from?.value ?? from?.textContent ?? copy);
  document.getElementById("said").textContent = "Copied.";
});

function switchTheme() {
  const { dataset } = document.documentElement;
  const isDark = dataset.theme ? dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  localStorage.setItem("theme", (dataset.theme = isDark ? "light" : "dark"));
}
