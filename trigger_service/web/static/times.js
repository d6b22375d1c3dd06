// Every <time datetime data-as> in the zone that was chosen: clock, minute, day, ago, since (how long it has lasted).
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

const chosen = () => localStorage.getItem("zone") ?? "browser";

function zoneOf(element) {
  if (chosen() === "own") return element.dataset.zone;
  return chosen() === "browser" ? undefined : chosen();
}

export function lasting(seconds) {
  let left = Math.max(0, Math.floor(seconds));
  const parts = [];
  for (const [length, name] of UNITS) {
    const count = Math.floor(left / length);
    left %= length;
    if (count || (parts.length && parts.length < 2)) parts.push(`${count} ${name}`);
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}

export function took(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function words(element, then, now) {
  const form = element.dataset.as;
  const seconds = (now - then) / 1000;
  if (form === "since") return took(seconds);
  if (form === "ago") return seconds < 0 ? `in ${lasting(-seconds)}` : `${lasting(seconds)} ago`;
  const timeZone = zoneOf(element);
  const day = (moment) => moment.toLocaleDateString("en-GB", { timeZone, day: "numeric", month: "long", year: "numeric" });
  if (form === "day") return day(then);
  const fine = { second: "2-digit" };
  const precise = { clock: fine, tick: then.getSeconds() ? fine : {}, exact: { second: "2-digit", fractionalSecondDigits: 3 } }[form];
  const clock = then.toLocaleTimeString("en-GB", { timeZone, hour: "2-digit", minute: "2-digit", ...precise });
  if (form === "exact" || form === "tick") return clock;
  return day(then) === day(now) ? clock : `${day(then)}, ${clock}`;
}

export function printTimes(within, selector = "time[data-as]") {
  const now = new Date();
  for (const element of within.querySelectorAll(selector)) {
    const then = new Date(element.dateTime);
    const text = words(element, then, now);
    if (element.textContent === text) continue;
    element.textContent = text;
    element.title = element.dateTime.replace("T", " ").replace("Z", " UTC");
  }
}

export function zones() {
  const menu = document.getElementById("zones");
  if (!menu) return;
  const names = { browser: Intl.DateTimeFormat().resolvedOptions().timeZone, UTC: "UTC", own: "Zone of each schedule" };
  const show = () => {
    for (const item of menu.querySelectorAll("[data-zone-choice]")) {
      const mine = item.dataset.zoneChoice === chosen();
      item.toggleAttribute("aria-current", mine);
      item.querySelector("span").textContent = names[item.dataset.zoneChoice];
      if (mine) menu.querySelector("summary span").textContent = names[chosen()].split("/").pop().replace("_", " ");
    }
  };
  menu.hidden = false;
  menu.addEventListener("click", ({ target }) => {
    const item = target.closest("[data-zone-choice]");
    if (!item) return;
    localStorage.setItem("zone", item.dataset.zoneChoice);
    menu.open = false;
    show();
    printTimes(document);
  });
  show();
}
