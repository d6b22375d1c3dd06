// One selection: a task that is chosen in the graph, the timeline, the table or the bar is marked in all of them at
// once, and then what is said of it, and its log, come from the service. Its address is that of the page.
import { visit } from "./live.js";

export const ALL = "selection tasks graph timeline log";
export const taskOf = (address) => new URL(address, location).searchParams.get("task");

export function start() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-task]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    const chosen = link.getAttribute("href").split("#")[0] || "?";
    history.pushState(null, "", chosen);
    for (const node of document.querySelectorAll("a.node")) {
      node.toggleAttribute("aria-current", taskOf(node.getAttribute("href")) === taskOf(chosen));
    }
    visit(location.href, ALL);
  });
}
