/** The popup: the person's day, the pause, the state of sending, and what can be forgotten from here. */
import { ext } from '../browser-api.js';
import { NO_RULES, pageOf } from '../capture/recording-rules.js';
import { askBackground, askStatus } from './ask-background.js';
import { askToForgetSite, askToForgetVisit, drawCountCheck, setUpForgetting } from './forgetting.js';
import { countText, relativeTimeText, siteText } from './formatting.js';
import { buttonById, byId, onClick, refreshEverySecond, setText, show, showProgress } from './page-elements.js';
import { askServerAgain, drawToday } from './popup-today.js';
import { recordingProblem, sendingNotice, sendingProblem, sessionEndText } from './problem-texts.js';
import { copyingText, recordingText } from './state-text.js';

/** @typedef {import('../background/page-commands.js').Status} Status */

const HOUR_MS = 60 * 60 * 1000;

/**
 * The address of the signed-in account's server.
 * @type {string | null}
 */
let server = null;

/** @param {Status | {error: string, failure?: string}} status */
async function draw(status) {
  if ('error' in status) {
    show('failure', true);
    setText('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  drawState(status);
  drawSending(status);
  server = status.account?.server ?? null;
  show('dashboard', server !== null);
  await drawToday(status);
}

/** @param {Status} status */
function drawState(status) {
  const { failure, pausedUntil } = status;
  const paused = pausedUntil !== null;
  byId('dot').className = `dot${failure ? ' bad' : paused ? ' paused' : ''}`;
  setText('state-text', recordingText(status));
  setText('state-more', copyingText(status));
  show('failure', Boolean(failure));
  if (failure) setText('failure-text', recordingProblem(failure));
  // The keyboard focus is lost when the focused button is hidden.
  const hadFocus = byId('pausing').contains(document.activeElement);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
  if (hadFocus && document.activeElement === document.body) byId(paused ? 'resume' : 'pause-hour').focus();
}

/** @param {Status} status */
function drawSending(status) {
  const { account, counts, syncing, progress } = status;
  const signInAgain = Boolean(account?.needsSignIn);
  setText('who', account?.email ?? '');
  show('signed-out', !account);
  show('figures', Boolean(account));
  setText('pending', counts.pending.toLocaleString());
  setText('synced', counts.synced.toLocaleString());
  setText('parked', counts.parked.toLocaleString());
  drawProblem(status);
  showProgress(syncing ? progress : null, (done, total) => `${done.toLocaleString()} of ${countText(total, 'record')} sent`);
  setText('times', account ? timesText(status) : '');
  drawCountCheck(status, false);
  show('sync', Boolean(account) && !signInAgain);
  buttonById('sync').disabled = syncing;
  setText('sync', syncing ? 'Syncing…' : 'Sync now');
  show('sign-in', !account || signInAgain);
  setText('sign-in', signInAgain ? 'Sign in again' : 'Sign in');
  show('see-parked', counts.parked > 0);
}

/** @param {Status} status */
function drawProblem({ account, mayReach, schedule }) {
  const problem = mayReach ? schedule.problem : { kind: 'unusable', reason: 'permission' };
  const text = !account ? '' : account.needsSignIn ? sessionEndText(account.ended)
    : problem ? sendingProblem(problem, account.server)
      : schedule.notice ? sendingNotice(schedule.notice, account.server) : '';
  show('problem', Boolean(text));
  if (text) setText('problem-text', text);
}

/** @param {Status} status */
function timesText({ account, schedule, syncing, nextAttemptAt }) {
  const now = Date.now();
  const last = schedule.lastSuccessAt ? `Last sent ${relativeTimeText(schedule.lastSuccessAt, now)}` : 'Not sent yet';
  return !syncing && nextAttemptAt && !account?.needsSignIn ? `${last} · next ${relativeTimeText(nextAttemptAt, now)}` : last;
}

const refresh = async () => draw(await askStatus());

/** @param {string} url */
function openTab(url) {
  ext.tabs.create({ url });
  // Some browsers would leave the popup open over the new tab.
  if (ext.extension?.getViews?.({ type: 'popup' }).includes(window)) window.close();
}

/** @param {string} part  a fragment of the options page */
const openOptions = (part) => openTab(ext.runtime.getURL(`src/pages/options.html${part}`));

onClick('options', () => openOptions(''));
onClick('dashboard', () => {
  if (server !== null) openTab(`${server}/dashboard`);
});
onClick('sign-in', () => openOptions('#account'));
onClick('see-parked', () => openOptions('#refused'));
onClick('sync', async () => {
  buttonById('sync').disabled = true;
  await askBackground({ ask: 'sync' });
  await refresh();
});
onClick('pause-hour', async () => draw(await askBackground({ ask: 'pause', until: Date.now() + HOUR_MS })));
onClick('pause', async () => draw(await askBackground({ ask: 'pause', until: 'resumed' })));
onClick('resume', async () => draw(await askBackground({ ask: 'resume' })));
onClick('failure-retry', async () => draw(await askBackground({ ask: 'retry-recording' })));

/** The tab in front, with the site of its page, which is null where there is none to record. */
async function tabInFront() {
  const [tab] = await ext.tabs.query({ active: true, currentWindow: true });
  return { id: tab?.id, site: pageOf(tab?.url, NO_RULES)?.domain ?? null };
}

/** @returns {Promise<import('../background/page-commands.js').ForgettableVisit | null>} */
async function visitInFront() {
  const { id } = await tabInFront();
  const visit = id === undefined ? null : await askBackground({ ask: 'visit-of-tab', tabId: id });
  // A background without a store answers with an error.
  return visit?.rule ? visit : null;
}

async function drawSite() {
  const { site } = await tabInFront();
  show('never-site', site !== null);
  show('forget-site', site !== null);
  if (site !== null) {
    setText('never-site', `Never record ${siteText(site)}`);
    setText('forget-site', `Forget ${siteText(site)}…`);
  }
}

onClick('never-site', async () => {
  const { site } = await tabInFront();
  if (site === null) return;
  /** @type {{held: number}} */
  const { held } = await askBackground({ ask: 'never-site', site });
  setText('never-text', `${siteText(site)} is not recorded any more.${held ? ` ${countText(held, 'waiting record')} ${held === 1 ? 'is' : 'are'} not sent.` : ''}`);
  show('never-site', false);
  await askToForgetSite(site);
});
onClick('forget-site', async () => {
  const { site } = await tabInFront();
  if (site !== null) await askToForgetSite(site);
});
onClick('forget-visit', async () => {
  const visit = await visitInFront();
  if (visit) await askToForgetVisit(visit);
});
setUpForgetting(async () => {
  askServerAgain();
  await refresh();
});

drawSite();
refreshEverySecond(async () => {
  await refresh();
  // The page in front has a visit after a second.
  show('forget-visit', Boolean(await visitInFront()));
});
