// Make an element like a newly made one and leave in place what is the same: focus, selection, scroll and what is open.
const KEPT = { DETAILS: ["open"], DIALOG: ["open"], INPUT: ["value", "checked"], TEXTAREA: [], SELECT: [] };

export function morph(old, made) {
  if (old.nodeType !== made.nodeType || old.nodeName !== made.nodeName) return old.replaceWith(made);
  if (old.isEqualNode(made) || (old === document.activeElement && old.matches("input, textarea, select"))) return;
  if (old.nodeType !== Node.ELEMENT_NODE) return void (old.data = made.data);
  attributes(old, made, KEPT[old.nodeName] ?? []);
  children(old, made);
}

function attributes(old, made, kept) {
  for (const { name } of [...old.attributes]) {
    if (!made.hasAttribute(name) && !kept.includes(name) && !name.startsWith("data-mine")) old.removeAttribute(name);
  }
  for (const { name, value } of made.attributes) {
    if (old.getAttribute(name) !== value && !kept.includes(name)) old.setAttribute(name, value);
  }
}

function children(old, made) {
  const byId = new Map([...old.children].filter((child) => child.id).map((child) => [child.id, child]));
  let place = old.firstChild;
  for (const child of [...made.childNodes]) {
    const same = child.id ? byId.get(child.id) : place && !place.id && place.nodeName === child.nodeName ? place : null;
    if (!same) {
      old.insertBefore(child, place);
      continue;
    }
    if (same === place) place = place.nextSibling;
    else old.insertBefore(same, place);
    morph(same, child);
  }
  while (place) [place] = [place.nextSibling, place.remove()];
}
