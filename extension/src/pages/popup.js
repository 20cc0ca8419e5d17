/** The popup: today's record, the state of sending, and the pause. */
import { ext } from '../browser-api.js';
import { NO_RULES, pageOf } from '../capture/recording-rules.js';
import { askBackground, askStatus } from './ask-background.js';
import { askToForgetSite, drawCountCheck, setUpForgetting } from './forgetting.js';
import { countText, durationText, relativeTimeText, timeOfDayText } from './formatting.js';
import { buttonById, byId, createElement, onClick, refreshEverySecond, setText, show, showProgress } from './page-elements.js';
import { recordingProblem, sendingNotice, sendingProblem, sessionEndText } from './problem-texts.js';

/** @typedef {import('../background/page-commands.js').Status} Status */

const HOUR_MS = 60 * 60 * 1000;

/** @param {Status | {error: string, failure?: string}} status */
function draw(status) {
  if ('error' in status) {
    show('failure', true);
    setText('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  drawState(status);
  drawToday(status.today);
  drawSending(status);
}

/** @param {Status} status */
function drawState({ failure, pausedUntil }) {
  const paused = pausedUntil !== null;
  byId('dot').className = `dot${failure ? ' bad' : paused ? ' paused' : ''}`;
  setText('state-text', failure ? 'Not recording'
    : !paused ? 'Recording'
      : pausedUntil === 'resumed' ? 'Paused until you resume' : `Paused until ${timeOfDayText(pausedUntil)}`);
  show('failure', Boolean(failure));
  if (failure) setText('failure-text', recordingProblem(failure));
  // The keyboard focus is lost when the focused button is hidden.
  const hadFocus = byId('pausing').contains(document.activeElement);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
  if (hadFocus && document.activeElement === document.body) byId(paused ? 'resume' : 'pause-hour').focus();
}

/** @param {Status['today']} today */
function drawToday({ activeMs, visits, top }) {
  setText('today', durationText(activeMs));
  setText('today-visits', visits
    ? countText(visits, 'visit')
    : 'Nothing yet. A page appears here after you look at it for a second.');
  const drawn = JSON.stringify(top);
  const list = byId('sites');
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(...top.map((site) => {
    const bar = createElement('span', { className: 'bar' });
    bar.style.width = `${Math.max(2, (100 * site.activeMs) / top[0].activeMs)}%`;
    return createElement('li', {}, bar, createElement('span', { className: 'site', textContent: site.domain, title: site.domain }),
      createElement('span', { className: 'time', textContent: durationText(site.activeMs) }));
  }));
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

/** @param {string} part  a fragment of the options page */
function openOptions(part) {
  ext.tabs.create({ url: ext.runtime.getURL(`src/pages/options.html${part}`) });
  // Some browsers would leave the popup open over the new tab.
  if (ext.extension?.getViews?.({ type: 'popup' }).includes(window)) window.close();
}

onClick('options', () => openOptions(''));
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

/** The site of the page in front, or null where there is none to record. */
async function siteInFront() {
  const [tab] = await ext.tabs.query({ active: true, currentWindow: true });
  return pageOf(tab?.url, NO_RULES)?.domain ?? null;
}

async function drawSite() {
  const site = await siteInFront();
  show('never-site', site !== null);
  show('forget-site', site !== null);
  if (site === null) return;
  setText('never-site', `Never record ${site}`);
  setText('forget-site', `Forget ${site}…`);
}

onClick('never-site', async () => {
  const site = await siteInFront();
  if (site === null) return;
  /** @type {{held: number}} */
  const { held } = await askBackground({ ask: 'never-site', site });
  setText('never-text', `${site} is not recorded any more.${held ? ` ${countText(held, 'waiting record')} ${held === 1 ? 'is' : 'are'} not sent.` : ''}`);
  show('never-site', false);
  await askToForgetSite(site);
});
onClick('forget-site', async () => {
  const site = await siteInFront();
  if (site !== null) await askToForgetSite(site);
});
setUpForgetting(refresh);

drawSite();
refreshEverySecond(refresh);
