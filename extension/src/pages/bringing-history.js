/**
 * The part of a page by which a person brings this browser's own history. `setUpBringingHistory` fills any element of an
 * extension's page with it and returns the function that draws it by each new status.
 */
import { browserHistory, ext, historyFamily } from '../browser-api.js';
import { countHistory } from '../history/history-count.js';
import { askBackground } from './ask-background.js';
import { bringingText, countedText, leftOutText } from './bringing-history-texts.js';
import { createElement } from './page-elements.js';

/**
 * @typedef {import('../background/page-commands.js').Status} Status
 * @typedef {import('../history/history-count.js').HistoryCount} HistoryCount
 */

/**
 * @param {HTMLElement} container
 * @param {() => Promise<void>} refresh  draws the page by a new status
 * @returns {(status: Pick<Status, 'account' | 'historyImport'>) => void}
 */
export function setUpBringingHistory(container, refresh) {
  const ask = createElement('button', { type: 'button', textContent: 'Bring this browser’s history' });
  const send = createElement('button', { type: 'button', className: 'main', textContent: 'Send them to my server' });
  const cancel = createElement('button', { type: 'button', textContent: 'Not now' });
  const stop = createElement('button', { type: 'button', textContent: 'Stop' });
  const goOn = createElement('button', { type: 'button', className: 'main', textContent: 'Go on' });
  const found = createElement('p', { role: 'status' });
  const leftOut = createElement('p', { className: 'soft small' });
  const bar = createElement('progress', { ariaLabel: 'History sent' });
  const state = createElement('p', { role: 'status' });
  container.replaceChildren(
    createElement('p', { className: 'soft' }, `Your browser remembers pages that you opened before this extension was here.
      They can become visits on your server. How long you looked at them is not known, so they have no time. Your rules hold
      for them too.`),
    found, leftOut, state, bar, createElement('p', { className: 'row' }, ask, send, cancel, goOn, stop),
  );

  let notice = '';
  /** @type {AbortController | null} */
  let counting = null;
  /** @type {HistoryCount | null} */
  let count = null;
  /** @type {Pick<Status, 'account' | 'historyImport'> | null} */
  let shown = null;

  const draw = () => {
    const { account, historyImport: import_ } = shown ?? { account: null, historyImport: null };
    const isAsking = counting !== null || count !== null;
    const running = import_?.status === 'running';
    const mayBring = account !== null && !account.needsSignIn;
    setHidden(found, !isAsking);
    setHidden(leftOut, count === null);
    setHidden(send, !count?.visits);
    setHidden(cancel, !isAsking);
    setHidden(ask, isAsking || running);
    setHidden(goOn, isAsking || import_?.status !== 'stopped');
    setHidden(stop, !running);
    setHidden(bar, isAsking || !import_ || import_.status === 'done');
    ask.disabled = !mayBring;
    goOn.disabled = !mayBring;
    setTextOf(ask, !import_ ? 'Bring this browser’s history' : import_.status === 'done' ? 'Bring it again' : 'Begin again');
    setTextOf(state, isAsking ? '' : notice || (import_ ? bringingText(import_) : mayBring ? '' : 'Sign in first.'));
    if (import_) {
      const { stored, erased, refused } = import_.fates;
      bar.max = Math.max(import_.total, 1);
      bar.value = stored + erased + refused;
    }
  };

  const leave = () => {
    counting?.abort();
    [counting, count, notice] = [null, null, ''];
    draw();
  };

  ask.addEventListener('click', async () => {
    // The browser shows its question only while the click lasts, so nothing may be awaited before.
    const isAllowed = await ext.permissions.request({ permissions: ['history'] }).catch(() => false);
    const api = browserHistory();
    if (!isAllowed || !api) {
      notice = 'The browser did not give the permission, so nothing was read.';
      draw();
      return;
    }
    notice = '';
    const mine = counting = new AbortController();
    setTextOf(found, 'Counting…');
    draw();
    try {
      const { rules } = await askBackground({ ask: 'history-rules' });
      const whole = await countHistory(api, historyFamily, {
        rules, before: Date.now(), signal: mine.signal,
        onProgress: (partial) => setTextOf(found, `Counting… ${partial.first === null ? '' : countedText(partial)}`),
      });
      if (!whole) return;
      count = whole;
      setTextOf(found, countedText(whole));
      setTextOf(leftOut, leftOutText(whole));
    } catch {
      notice = 'The browser could not read its history.';
    }
    if (counting === mine) counting = null;
    draw();
  });
  cancel.addEventListener('click', leave);
  send.addEventListener('click', async () => {
    const total = count?.visits ?? 0;
    leave();
    await askBackground({ ask: 'bring-history', total });
    await refresh();
  });
  stop.addEventListener('click', async () => {
    await askBackground({ ask: 'stop-history' });
    await refresh();
  });
  goOn.addEventListener('click', async () => {
    if (!(await ext.permissions.request({ permissions: ['history'] }).catch(() => false))) return;
    await askBackground({ ask: 'resume-history' });
    await refresh();
  });

  return (status) => {
    shown = status;
    draw();
  };
}

/**
 * @param {HTMLElement} element
 * @param {boolean} hidden
 */
function setHidden(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

/**
 * Sets a text only when it differs. A screen reader would read an equal text out again.
 * @param {HTMLElement} element
 * @param {string} text
 */
function setTextOf(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
