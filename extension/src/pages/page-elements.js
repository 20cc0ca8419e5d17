/** What the popup and the options page share. */

/** The element with an id. */
export const byId = (id) => document.getElementById(id);

/** Sets an element's text only when it differs, so that a screen reader is not told the same again. */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. */
export function show(id, visible) {
  byId(id).hidden = !visible;
}

/** A new element with properties and children. */
export function createElement(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Calls `refresh` now, every second while the page is seen, and at once when it is seen again.
 * @param {() => Promise<void>} refresh
 */
export function refreshEverySecond(refresh) {
  let busy = false;
  const turn = async () => {
    if (busy || document.hidden) return;
    busy = true;
    try {
      await refresh();
    } finally {
      busy = false;
    }
  };
  document.addEventListener('visibilitychange', turn);
  setInterval(turn, 1000);
  return turn();
}
