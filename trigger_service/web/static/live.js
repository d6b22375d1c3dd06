// Parts of a page that follow the facts: [data-live="runs"] any run, [data-live="run:ID"] one. The stream says which
// have news; their parts are asked for again at the address of the page, and put into place.
import { Connection } from "./connection.js";
import { morph } from "./morph.js";
import { printTimes } from "./times.js";

const wanted = new Set();
let asking = false;
let latest = "";

export function follow() {
  const parts = () => [...document.querySelectorAll("[data-live]")];
  const moment = document.documentElement.dataset.moment;
  if (!moment || !parts().length) return;
  const hear = (said) => {
    if ("live" in said) document.documentElement.dataset.live = said.live ? "live" : "lost";
    if (!("runs" in said)) return;
    latest = said.moment ?? "";
    for (const part of parts()) if (concerns(part.dataset.live, said.runs)) wanted.add(part.id);
    if (!document.hidden) ask();
  };
  const line = connect(hear);
  line.join(moment);
  addEventListener("pagehide", () => line.leave());
  addEventListener("pageshow", ({ persisted }) => persisted && line.join(""));
  document.addEventListener("visibilitychange", () => (document.hidden ? line.leave() : line.join("")));
}

const concerns = (topic, runs) => topic === "runs" || runs === null || runs.includes(topic.slice("run:".length));

function connect(hear) {
  if (!("SharedWorker" in window)) {
    const alone = new Connection(hear);
    return { join: (moment) => alone.join(moment), leave: () => alone.leave() };
  }
  const { port } = new SharedWorker("/static/worker.js", { type: "module" });
  port.onmessage = ({ data }) => hear(data);
  return { join: (moment) => port.postMessage({ join: moment }), leave: () => port.postMessage({ leave: true }) };
}

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
  setTimeout(() => { asking = false; ask(); }, Math.max(200, 2 * (performance.now() - began)));
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
