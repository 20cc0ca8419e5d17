/** What the popup and the options page share. */
import { ext } from './ext.js';

/** Asks the background and answers its reply; a background that just went is asked once more. */
export async function ask(what, more = {}) {
  try {
    return await ext.runtime.sendMessage({ ask: what, ...more });
  } catch {
    await new Promise((resolve) => setTimeout(resolve, 300));
    return ext.runtime.sendMessage({ ask: what, ...more });
  }
}

/** The element with an id. */
export const by = (id) => document.getElementById(id);

/** Sets an element's text only when it differs, so that a screen reader is not told the same again. */
export function say(id, text) {
  const element = by(id);
  if (element.textContent !== text) element.textContent = text;
}

/** Shows or hides an element. */
export function show(id, visible) {
  by(id).hidden = !visible;
}

/** A new element with properties and children. */
export function make(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Calls `refresh` now, every second while the page is seen, and at once when it is seen again.
 * @param {() => Promise<void>} refresh
 */
export function keepFresh(refresh) {
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
