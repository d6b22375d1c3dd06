// Parts of a page that follow the facts: [data-live="runs"] any run, [data-live="run:ID"] one. The stream says which
// have news; their parts are asked for again at the address of the page, and put into place.
import { morph } from "./morph.js";
import { printTimes } from "./times.js";

const STREAM = "/static/worker.js";
const wanted = new Set();
let [asking, latest] = [false, ""];

export function follow() {
  const parts = () => [...document.querySelectorAll("[data-live]")];
  const moment = document.documentElement.dataset.moment;
  if (!moment || !parts().length) return;
  const stream = "SharedWorker" in window ? new SharedWorker(STREAM).port : new Worker(STREAM);
  stream.onmessage = ({ data: said }) => {
    if ("live" in said) document.documentElement.dataset.live = said.live ? "live" : "lost";
    if (!("runs" in said)) return;
    latest = said.moment ?? "";
    for (const part of parts()) if (concerns(part.dataset.live, said.runs)) wanted.add(part.id);
    if (!document.hidden) ask();
  };
  const say = (said) => stream.postMessage(said);
  say({ join: moment });
  addEventListener("pagehide", () => say({ leave: true }));
  addEventListener("pageshow", ({ persisted }) => persisted && say({ join: "" }));
  document.addEventListener("visibilitychange", () => say(document.hidden ? { leave: true } : { join: "" }));
}

const concerns = (topic, runs) => topic === "runs" || runs === null || runs.includes(topic.slice("run:".length));

// One question at a time; what has news meanwhile is in the next. A slow answer makes questions rarer.
async function ask() {
  if (asking || !wanted.size) return;
  asking = true;
  const names = [...wanted].join(" ");
  wanted.clear();
  const began = performance.now();
  try {
    const answer = await fetch(location.href, { headers: { "X-Parts": names, "X-Moment": latest } });
    if (answer.ok) renew(await answer.text());
  } catch {
    document.documentElement.dataset.live = "lost";
  }
  setTimeout(() => { asking = false; ask(); }, Math.max(100, performance.now() - began));
}

export let question = new AbortController();

// Parts of the page as an address has them, whose status is given; a later question overtakes this one, and ends it.
export async function visit(href, parts, { remember, ...more } = {}) {
  question.abort();
  const { signal } = (question = new AbortController());
  const answer = await fetch(href, { headers: { "X-Parts": parts }, signal, ...more }).catch(() => ({}));
  const html = answer.ok ? await answer.text().catch(() => "") : "";
  if (signal.aborted) return 0;
  if (html && remember) history[remember](null, "", href);
  if (html) renew(html);
  return answer.status;
}

export function renew(html) {
  const made = new DOMParser().parseFromString(html, "text/html");
  printTimes(made);
  for (const part of [...made.body.children]) {
    const old = document.getElementById(part.id);
    if (!old) continue;
    morph(old, part);
    old.dispatchEvent(new CustomEvent("renewed", { bubbles: true }));
  }
}
