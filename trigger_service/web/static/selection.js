// One selection: a task that is chosen in the graph, the timeline, the table or the bar is marked in all of them at
// once, and then what is said of it, and its log, come from the service. Its address is that of the page.
import { renew } from "./live.js";

const taskOf = (link) => new URLSearchParams(link.getAttribute("href").split("#")[0]).get("task") ?? "";
let newest = 0;

export function start() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest("a[data-task]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    history.pushState(null, "", link.getAttribute("href").split("#")[0] || "?");
    for (const node of document.querySelectorAll("a.node")) node.toggleAttribute("aria-current", taskOf(node) === taskOf(link));
    show();
  });
  addEventListener("popstate", show);
}

async function show() {
  const mine = ++newest;
  const answer = await fetch(location.href, { headers: { "X-Parts": "selection tasks graph timeline log" } });
  const html = await answer.text();
  if (answer.ok && mine === newest) renew(html);
}
