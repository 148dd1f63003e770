// The document, written only where something changed, so that a reader's selection, focus and place stay.
// Names come from whoever made them: they are set as text, never as markup.

export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

export function setText(target, text) {
  if (target.textContent !== text) {
    target.textContent = text;
  }
}

// The first words of a text, up to its colon, stand out.
export function setLead(target, text) {
  const colon = text.indexOf(":");
  setChildren(target, text, () => [element("strong", {}, text.slice(0, colon)), text.slice(colon)]);
}

// Shows the note, or hides it for null.
export function setNote(target, text) {
  target.hidden = text === null;
  setText(target, text ?? "");
}

// Replaces the children if `shown` differs from what was shown last.
export function setChildren(target, shown, build) {
  const key = JSON.stringify(shown);
  if (target.shown !== key) {
    target.shown = key;
    target.replaceChildren(...build());
  }
}

// Makes the children be one element for each item, in order; an element whose item stays the same stays itself. Who has
// the focus in one that is built anew, or moved, has it there again: it is known by its item's key, and by its place in it.
export function setItems(target, items, keyOf, build) {
  const focused = focusIn(target);
  const had = new Map([...target.children].map((child) => [child.shown, child]));
  const wanted = items.map((item) => {
    const shown = JSON.stringify([keyOf(item), item]);
    const child = had.get(shown) ?? build(item);
    had.delete(shown);
    child.shown = shown;
    child.key = keyOf(item);
    return child;
  });
  had.forEach((child) => child.remove());
  wanted.forEach((child, place) => {
    if (target.children[place] !== child) {
      target.insertBefore(child, target.children[place] ?? null);
    }
  });
  focused && focusAgain(target, focused);
}

const focusable = (child) => [...child.querySelectorAll("button")];

function focusIn(target) {
  const child = [...target.children].find((one) => one.contains(document.activeElement));
  return child ? { key: child.key, place: focusable(child).indexOf(document.activeElement) } : null;
}

function focusAgain(target, { key, place }) {
  const child = [...target.children].find((one) => one.key === key);
  const button = child && focusable(child)[place];
  button && button !== document.activeElement && button.focus({ preventScroll: true });
}
