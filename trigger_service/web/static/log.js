// The log of a run: new lines come by themselves, older and later ones by scrolling, hits while one is typing.
import { question, visit } from "./live.js";
import { ALL, taskOf } from "./selection.js";
import { printTimes } from "./times.js";

const [MOST, NEAR, TYPING_MS] = [1500, 600, 200];
const find = (selector) => document.querySelector(`#log ${selector}`);
const [box, list, total] = [() => find("#loglines"), () => find("ol"), () => +find("#loglevels").dataset.total];
const follows = () => "follow" in box().dataset;
const topOf = (row) => document.getElementById(row?.id)?.getBoundingClientRect().top ?? 0;
const leftOf = ({ scrollHeight, clientHeight, scrollTop }) => scrollHeight - clientHeight - scrollTop;
let [busy, seen, typing] = [false, 0, 0];

export function start() {
  const on = (name, hear) => document.getElementById("log").addEventListener(name, hear, true);
  const field = ({ target, key }) => target.name === "q" && (!key || key === "Enter");
  const asked = () => new URLSearchParams([...new FormData(find("form"))].filter(([, value]) => value));
  on("click", (event) => clicked(event, event.target.closest("#log a[href^='?']:not([data-task])")));
  on("keydown", (event) => field(event) && clicked(event, find(`[aria-keyshortcuts=${event.shiftKey ? "p" : "n"}]`)));
  on("scroll", ({ target }) => target === box() && scrolled(target));
  on("input", (event) => {
    clearTimeout(typing);
    typing = setTimeout(() => go(`?${asked()}#log`, "replaceState"), field(event) ? TYPING_MS : 0);
  });
  addEventListener("popstate", () => visit(location.href, ALL));
  document.addEventListener("renewed", ({ target }) => ({ log: place, loglevels: grown })[target.id]?.());
  place();
  if (find("#loglevels").dataset.live) grown();
}

function clicked(event, link) {
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const [row, marked] = [event.target.closest(".log-line"), find("li[aria-current]")?.id.slice(1)];
  const ends = [link.text, marked ?? link.text].sort((one, other) => one - other).join("-");
  go(row && event.shiftKey ? link.href.replace(/line=\d+/, `line=${ends}`) : link.href, "pushState", row);
}

// The log as it is at another address. A row that was clicked stays where it is on the screen.
async function go(href, remember, row) {
  const before = topOf(row);
  const status = await visit(href, taskOf(href) === taskOf(location.href) ? "log" : ALL, { remember });
  if (status === 200 && row) box().scrollTop += topOf(row) - before;
}

function place() {
  const said = new URLSearchParams(location.search);
  for (const field of find("form")) {
    if (field !== document.activeElement) field[field.type === "checkbox" ? "checked" : "value"] = said.get(field.name) ?? "";
  }
  const marked = find("li[aria-current]");
  seen = total();
  box().scrollTop = follows() ? box().scrollHeight : marked ? marked.offsetTop - box().clientHeight / 3 : 0;
}

// Whoever scrolls up follows no more; at the end of the log one follows again.
function scrolled({ scrollTop }) {
  const left = leftOf(box());
  if (find("#loglevels").dataset.live) box().toggleAttribute("data-follow", left < 8 && find("[rel=next]").hidden);
  if (left < NEAR) load(true);
  if (scrollTop < NEAR) load(false);
}

function grown() {
  const missed = total() - list().dataset.last;
  if (follows()) seen = total();
  if (follows() && missed > MOST) go(find("#log-follow").href, "replaceState");
  else if (follows()) load(true, missed > 0);
  else find("[rel=next]").hidden = missed <= 0;
  find("#log-follow span").textContent = total() > seen ? `Follow, ${total() - seen} new lines` : "Follow";
}

// Lines at one end; as many go at the other as keep the page small. What is looked at stays where it is.
async function load(later, always) {
  const [mine, edges] = [question, list().dataset];
  if (busy || (find(`[rel=${later ? "next" : "prev"}]`).hidden && !always)) return;
  busy = true;
  const query = later ? `first=${+edges.last + 1}` : `last=${edges.first - 1}`;
  const answer = await fetch(box().dataset.log + query).then((found) => found.text()).finally(() => (busy = false));
  const made = new DOMParser().parseFromString(answer, "text/html").querySelector("ol");
  if (mine !== question) return;
  printTimes(made);
  const [near, far] = later ? ["lastElementChild", "firstElementChild"] : ["firstElementChild", "lastElementChild"];
  const [row, before] = [list()[near], topOf(list()[near])];
  const isAtEnd = later && find("#loglevels").dataset.live && leftOf(box()) < 8 && made.dataset.last >= total();
  const follow = box().toggleAttribute("data-follow", follows() || Boolean(isAtEnd));
  Object.assign(edges, later ? { last: made.dataset.last } : { first: made.dataset.first });
  list()[later ? "append" : "prepend"](...made.children);
  for (; list().childElementCount > MOST; edges[later ? "first" : "last"] = list()[far].id.slice(1)) list()[far].remove();
  find("[rel=prev]").hidden = edges.first <= 1;
  find("[rel=next]").hidden = follow || edges.last >= total();
  box().scrollTop = follow ? box().scrollHeight : box().scrollTop + topOf(row) - before;
}
