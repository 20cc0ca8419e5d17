/** The question and the answer by which a person forgets records. Popup and options have the same elements for it. */
import { askBackground } from './ask-background.js';
import { countCheckText, erasuresWaitText, forgetQuestion, forgottenText } from './forgetting-texts.js';
import { buttonById, byId, onClick, setText, show } from './page-elements.js';

/**
 * @typedef {import('../background/page-commands.js').PersonsRule} PersonsRule
 * @typedef {import('../background/page-commands.js').Status} Status
 */

const HOUR_MS = 60 * 60 * 1000;

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
  setText('forget-question', forgetQuestion(what, preview));
  show('forgetting', true);
  byId('forget-no').focus();
}

/** @param {string} site */
export const askToForgetSite = (site) => ask({ domain: site }, site);

/** @param {() => Promise<void>} afterwards  draws the page again */
export function setUpForgetting(afterwards) {
  onClick('forget-hour', () => ask({ from: Date.now() - HOUR_MS }, 'the visits that began in the last hour'));
  onClick('forget-no', () => {
    asked = null;
    show('forgetting', false);
  });
  onClick('forget-yes', async () => {
    if (!asked) return;
    buttonById('forget-yes').disabled = true;
    try {
      setText('forget-message', forgottenText(await askBackground({ ask: 'erase-by-rule', rule: asked })));
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
