// Keys: whatever has aria-keyshortcuts is clicked, or focused where it is a field; "g o" is g, then o. Rows with j and k.
let before = "";

const isWriting = (target) => target.closest("input, textarea, select, [contenteditable]");

export function keys() {
  document.addEventListener("keydown", (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (key === "Escape" && isWriting(target)) return target.blur();
    if (isWriting(target)) return;
    const found = find(before ? `${before} ${key}` : key);
    before = !before && key === "g" ? "g" : "";
    if (found) isWriting(found) ? found.focus() : found.click();
    else if (key === "j" || key === "k") step(key === "j" ? 1 : -1);
    else if (key === "x") document.activeElement.closest("[data-row]")?.querySelector("input[type=checkbox]")?.click();
    else return;
    event.preventDefault();
  });
}

function find(name) {
  const all = document.querySelectorAll(`[aria-keyshortcuts="${CSS.escape(name)}"]`);
  return [...all].find((element) => element.checkVisibility());
}

function step(way) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.checkVisibility());
  const next = rows[rows.findIndex((row) => row.contains(document.activeElement)) + way] ?? (way > 0 ? rows[0] : null);
  next?.querySelector("a, button, summary")?.focus();
}
