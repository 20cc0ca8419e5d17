/** Elements of the popup, the options and the welcome page. */

/**
 * @param {string} id
 * @returns {HTMLElement}
 */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`There is no element #${id}.`);
  return element;
}

/**
 * The element with an id, which must be of the given class.
 * @template {HTMLElement} T
 * @param {string} id
 * @param {new () => T} type
 * @returns {T}
 */
export function typedById(id, type) {
  const element = byId(id);
  if (!(element instanceof type)) throw new Error(`#${id} is no ${type.name}.`);
  return element;
}

export const inputById = (/** @type {string} */ id) => typedById(id, HTMLInputElement);
export const buttonById = (/** @type {string} */ id) => typedById(id, HTMLButtonElement);
export const textareaById = (/** @type {string} */ id) => typedById(id, HTMLTextAreaElement);
export const selectById = (/** @type {string} */ id) => typedById(id, HTMLSelectElement);
export const dialogById = (/** @type {string} */ id) => typedById(id, HTMLDialogElement);

/**
 * Sets an element's text only when it differs. A screen reader would read an equal text out again.
 * @param {string} id
 * @param {string} text
 */
export function setText(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/**
 * @param {string} id
 * @param {boolean} visible
 */
export function show(id, visible) {
  byId(id).hidden = !visible;
}

/**
 * @param {string} id
 * @param {() => unknown} listener
 */
export function onClick(id, listener) {
  byId(id).addEventListener('click', () => listener());
}

/**
 * @param {string} id
 * @param {(event: Event) => unknown} listener
 */
export function onSubmit(id, listener) {
  byId(id).addEventListener('submit', (event) => {
    event.preventDefault();
    listener(event);
  });
}

/**
 * @param {string} name
 * @param {string} selector
 */
export function radio(name, selector) {
  const input = document.querySelector(`input[name="${name}"]${selector}`);
  if (!(input instanceof HTMLInputElement)) throw new Error(`There is no radio button ${name} ${selector}.`);
  return input;
}

/** @param {string} name */
export const checkedValue = (name) => radio(name, ':checked').value;

/**
 * Opens a dialog. Escape leaves it without an answer, and not with the one that was given the last time.
 * @param {string} id
 */
export function openDialog(id) {
  const dialog = dialogById(id);
  dialog.returnValue = '';
  dialog.showModal();
}

/**
 * Shows a message as a success or a failure.
 * @param {string} id
 * @param {string} text
 * @param {boolean} good
 */
export function setMessage(id, text, good) {
  byId(id).classList.toggle('wrong', !good);
  byId(id).classList.toggle('right', good);
  setText(id, text);
}

/**
 * A new element with properties and children.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Partial<HTMLElementTagNameMap[Tag]>} [properties]
 * @param {...(Node | string)} children
 * @returns {HTMLElementTagNameMap[Tag]}
 */
export function createElement(tag, properties = {}, ...children) {
  const element = Object.assign(document.createElement(tag), properties);
  element.append(...children);
  return element;
}

/**
 * Shows the progress of a run of sending, or hides it without one.
 * @param {{sent: number, parked: number, total: number} | null} progress
 * @param {(done: number, total: number) => string} text
 */
export function showProgress(progress, text) {
  show('progress', progress !== null);
  if (!progress) return;
  const done = progress.sent + progress.parked;
  const bar = typedById('bar', HTMLProgressElement);
  bar.max = Math.max(progress.total, 1);
  bar.value = done;
  setText('progress-text', text(done, progress.total));
}

/**
 * Calls `refresh` now, every second while the page is visible, and at once when it becomes visible again.
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
