// Every <time datetime data-as> in the zone that was chosen: clock, minute, day, ago, since (how long it has lasted).
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"], [1, "s"]];

const chosen = () => localStorage.getItem("zone") ?? "browser";
const zoneOf = ({ dataset }) => ({ own: dataset.zone, UTC: "UTC" })[chosen()];

function lasting(seconds) {
  const at = UNITS.findIndex(([length]) => seconds >= length);
  if (at < 0) return "0 s";
  const [[length, name], next] = [UNITS[at], UNITS[at + 1]];
  const more = next ? ` ${Math.floor((seconds % length) / next[0])} ${next[1]}` : "";
  return `${Math.floor(seconds / length)} ${name}${more}`;
}

function took(seconds) {
  const left = Math.max(0, Math.floor(seconds));
  const [hours, rest] = [Math.floor(left / 3600), new Date(left * 1000).toISOString().slice(14, 19)];
  return hours ? `${hours}:${rest}` : rest.replace(/^0/, "");
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
  const menu = document.getElementById("zone");
  if (!menu) return;
  menu.options[0].text = Intl.DateTimeFormat().resolvedOptions().timeZone;
  menu.value = chosen();
  menu.parentElement.hidden = false;
  menu.addEventListener("change", () => {
    localStorage.setItem("zone", menu.value);
    printTimes(document);
  });
}
