/** The popup: what was recorded today, how sending stands, and a pause. */
import { ext } from '../browser-api.js';
import { askBackground } from './ask-background.js';
import { byId, createElement, refreshEverySecond, setText, show } from './page-elements.js';
import { countText, durationText, relativeTimeText, timeOfDayText } from './formatting.js';
import { recordingProblem, sendingProblem, sessionEndText } from './problem-texts.js';

const HOUR = 60 * 60 * 1000;

function draw(status) {
  if (status?.error) {
    show('failure', true);
    setText('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  drawState(status);
  drawToday(status.today);
  drawSending(status);
}

function drawState({ failure, pausedUntil }) {
  const paused = pausedUntil !== null;
  byId('dot').className = `dot${failure ? ' bad' : paused ? ' paused' : ''}`;
  setText('state-text', failure ? 'Not recording'
    : !paused ? 'Recording'
      : pausedUntil === 'resumed' ? 'Paused until you resume' : `Paused until ${timeOfDayText(pausedUntil)}`);
  show('failure', Boolean(failure));
  if (failure) setText('failure-text', recordingProblem(failure));
  // A button that vanishes under the keyboard leaves it nowhere.
  const hadFocus = byId('pausing').contains(document.activeElement);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
  if (hadFocus && document.activeElement === document.body) byId(paused ? 'resume' : 'pause-hour').focus();
}

function drawToday({ activeMs, visits, top }) {
  setText('today', durationText(activeMs));
  setText('today-visits', visits
    ? countText(visits, 'visit')
    : 'Nothing yet. A page you look at for a second or longer appears here.');
  const drawn = JSON.stringify(top);
  if (byId('sites').dataset.drawn === drawn) return;
  byId('sites').dataset.drawn = drawn;
  byId('sites').replaceChildren(...top.map((site) => {
    const bar = createElement('span', { className: 'bar' });
    bar.style.width = `${Math.max(2, (100 * site.activeMs) / top[0].activeMs)}%`;
    return createElement('li', {}, bar, createElement('span', { className: 'site', textContent: site.domain, title: site.domain }),
      createElement('span', { className: 'time', textContent: durationText(site.activeMs) }));
  }));
}

function drawSending(status) {
  const { account, counts, schedule, syncing, progress } = status;
  const now = Date.now();
  setText('who', account?.email ?? '');
  show('signed-out', !account);
  show('figures', Boolean(account));
  setText('pending', counts.pending.toLocaleString());
  setText('synced', counts.synced.toLocaleString());
  setText('parked', counts.parked.toLocaleString());
  const again = account?.needsSignIn;
  const problem = !account || again ? null : !status.mayReach ? { kind: 'unusable', reason: 'permission' } : schedule.problem;
  show('problem', Boolean(problem || again));
  if (again) setText('problem-text', sessionEndText(account.ended));
  else if (problem) setText('problem-text', sendingProblem(problem, account.server));
  const running = syncing && progress !== null;
  show('progress', running);
  if (running) {
    const done = progress.sent + progress.parked;
    byId('bar').max = Math.max(progress.total, 1);
    byId('bar').value = done;
    setText('progress-text', `${done.toLocaleString()} of ${countText(progress.total, 'record')} sent`);
  }
  setText('times', !account ? '' : [
    schedule.lastSuccessAt ? `Last sent ${relativeTimeText(schedule.lastSuccessAt, now)}` : 'Not sent yet',
    !syncing && status.nextAttemptAt && !again ? `next ${relativeTimeText(status.nextAttemptAt, now)}` : '',
  ].filter(Boolean).join(' · '));
  show('sync', Boolean(account) && !again);
  byId('sync').disabled = syncing;
  setText('sync', syncing ? 'Syncing…' : 'Sync now');
  show('sign-in', !account || Boolean(again));
  setText('sign-in', again ? 'Sign in again' : 'Sign in');
  show('see-parked', counts.parked > 0);
}

const refresh = async () => draw(await askBackground('status'));

function openOptions(part) {
  ext.tabs.create({ url: ext.runtime.getURL(`src/pages/options.html${part}`) });
  // A popup in the toolbar would stay open over the new tab in some browsers.
  if (ext.extension?.getViews?.({ type: 'popup' }).includes(window)) window.close();
}

byId('options').addEventListener('click', () => openOptions(''));
byId('sign-in').addEventListener('click', () => openOptions('#account'));
byId('see-parked').addEventListener('click', () => openOptions('#refused'));
byId('sync').addEventListener('click', async () => {
  byId('sync').disabled = true;
  await askBackground('sync');
  await refresh();
});
byId('pause-hour').addEventListener('click', async () => draw(await askBackground('pause', { until: Date.now() + HOUR })));
byId('pause').addEventListener('click', async () => draw(await askBackground('pause', { until: 'resumed' })));
byId('resume').addEventListener('click', async () => draw(await askBackground('resume')));
byId('failure-retry').addEventListener('click', async () => draw(await askBackground('retry-recording')));

refreshEverySecond(refresh);
