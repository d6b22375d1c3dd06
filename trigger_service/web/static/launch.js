// The plan follows the form, 300 ms after the last change, and fields that were left are judged; until then it is older.
import { visit } from "./live.js";

export function start() {
  const form = document.querySelector("[data-module=launch]");
  const plan = document.getElementById("plan");
  const address = form.getAttribute("action"); // as a property it may be the field of a parameter
  let timer;
  const ask = async (parts) => {
    const body = new URLSearchParams(new FormData(form));
    body.set("_do", "plan");
    if ("planned" in plan.dataset) body.set("_planned", "yes");
    const status = await visit(address, parts, { method: "POST", body });
    if ([undefined, 429, 503].includes(status)) timer = setTimeout(ask, 1000, parts); // no answer, or not now
  };
  plan.addEventListener("renewed", ({ target }) => target === plan && delete plan.dataset.mineOld);
  const wait = ({ type, target }) => {
    if (target.matches("[data-again]")) return form.requestSubmit(form.querySelector("[name=_do][value=form]"));
    plan.dataset.mineOld = "";
    clearTimeout(timer);
    timer = setTimeout(ask, 300, type === "change" ? "plan note fields" : "plan note");
  };
  for (const type of ["input", "change"]) form.addEventListener(type, wait);
  plan.dataset.mineOld = "";
  ask("plan note");
}
