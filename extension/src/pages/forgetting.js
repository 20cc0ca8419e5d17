/**
 * What a person may forget, with the question and the answer. Popup and options have it in place of their element
 * `forget-offers`.
 */
import { ext } from '../browser-api.js';
import { askBackground } from './ask-background.js';
import { dateInputText, spanOfDays, spanText } from './day-spans.js';
import { countCheckText, erasuresWaitText, forgetQuestion, forgottenText } from './forgetting-texts.js';
import { dateTimeText, durationText, siteText } from './formatting.js';
import { buttonById, byId, createElement, inputById, onClick, setText, show, typedById } from './page-elements.js';

/**
 * @typedef {import('../background/page-commands.js').PersonsRule} PersonsRule
 * @typedef {import('../background/page-commands.js').Status} Status
 */

const HOUR_MS = 60 * 60 * 1000;

// Awaited here, so that a page that imports this module finds its elements.
const markup = await (await fetch(ext.runtime.getURL('src/pages/forgetting.html'))).text();
byId('forget-offers').replaceWith(...new DOMParser().parseFromString(markup, 'text/html').body.childNodes);

/** @type {PersonsRule | null} */
let asked = null;

/**
 * Shows what would be forgotten, and asks. The numbers come first from the server, so this takes a moment.
 * @param {PersonsRule} rule
 * @param {string} what  the rule in words
 */
async function ask(rule, what) {
  setText('forget-message', 'Counting…');
  const preview = await askBackground({ ask: 'preview-erasure', rule });
  asked = rule;
  setText('forget-message', '');
  setText('forget-question', forgetQuestion(what, preview, rule));
  show('forgetting', true);
  byId('forget-no').focus();
  byId('forgetting').scrollIntoView({ block: 'nearest' });
}

/** @param {string} site */
export const askToForgetSite = (site) => ask({ domain: site }, siteText(site));

/** @param {import('../background/page-commands.js').ForgettableVisit} visit */
export const askToForgetVisit = ({ rule, title, startedAt }) => ask(rule, `the visit to “${title}” at ${dateTimeText(startedAt)}`);

/**
 * Asks to forget the visits that began on some days of this browser's clock.
 * @param {string} first  as an input of a date holds it
 * @param {string} last
 */
async function askToForgetDays(first, last) {
  const span = spanOfDays(first, last);
  if ('problem' in span) {
    setText('forget-message', span.problem);
    return;
  }
  await ask(span, spanText(span));
}

/** Lists the latest visits, each with a button, while their list is unfolded. */
export async function drawLatestVisits() {
  if (!typedById('latest', HTMLDetailsElement).open) return;
  /** @type {import('../background/page-commands.js').ForgettableVisit[]} */
  const visits = await askBackground({ ask: 'latest-visits' });
  byId('latest-visits').replaceChildren(...visits.map((visit) => {
    const { title, startedAt, activeMs } = visit;
    const button = createElement('button', { type: 'button', textContent: 'Forget this visit…', ariaLabel: `Forget this visit: ${title}, ${dateTimeText(startedAt)}` });
    button.addEventListener('click', () => askToForgetVisit(visit));
    return createElement('li', {}, createElement('span', {},
      createElement('span', { className: 'title', textContent: title }),
      createElement('span', { className: 'soft small', textContent: `${dateTimeText(startedAt)}, ${durationText(activeMs)} active` })), button);
  }));
  if (visits.length === 0) byId('latest-visits').append(createElement('li', { className: 'soft', textContent: 'There are none.' }));
}

/** @param {() => Promise<void>} afterwards  draws the page again */
export function setUpForgetting(afterwards) {
  onClick('forget-hour', () => ask({ from: Date.now() - HOUR_MS }, 'the visits that began in the last hour'));
  onClick('forget-today', () => askToForgetDays(dateInputText(Date.now()), dateInputText(Date.now())));
  inputById('forget-from').value = dateInputText(Date.now() - 24 * HOUR_MS);
  inputById('forget-to').value = inputById('forget-from').value;
  byId('forget-days').addEventListener('submit', (event) => {
    event.preventDefault();
    askToForgetDays(inputById('forget-from').value, inputById('forget-to').value);
  });
  onClick('forget-no', () => {
    asked = null;
    show('forgetting', false);
  });
  onClick('forget-yes', async () => {
    if (!asked) return;
    buttonById('forget-yes').disabled = true;
    try {
      setText('forget-message', forgottenText(await askBackground({ ask: 'erase-by-rule', rule: asked }), asked));
    } finally {
      asked = null;
      buttonById('forget-yes').disabled = false;
      show('forgetting', false);
    }
    await afterwards();
  });
  onClick('send-again', async () => {
    buttonById('send-again').disabled = true;
    await askBackground({ ask: 'send-again' });
    await afterwards();
  });
}

/**
 * Shows whether the server has what this browser has sent.
 * @param {Status} status
 * @param {boolean} offersAlways  sending everything again is offered also where nothing is missing
 */
export function drawCountCheck({ account, countCheck, counts, syncing, waitingErasures }, offersAlways) {
  const check = account && countCheck ? countCheckText(countCheck, counts.pendingVisits) : { isComplete: true, text: '' };
  show('count-check', check.text !== '');
  byId('count-check').classList.toggle('notice', !check.isComplete);
  setText('count-check', check.text);
  setText('erasures-wait', erasuresWaitText(waitingErasures));
  show('send-again', Boolean(account) && !account?.needsSignIn && (!check.isComplete || (offersAlways && counts.synced > 0)));
  buttonById('send-again').disabled = syncing;
}
