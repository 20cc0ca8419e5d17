/** The popup: what was recorded today, how sending stands, and a pause. */
import { ext } from './src/ext.js';
import { ask, by, keepFresh, make, say, show } from './src/page.js';
import { clock, count, endedSignIn, recordingProblem, sendingProblem, spell, when } from './src/words.js';

const HOUR = 60 * 60 * 1000;

function draw(status) {
  if (status?.error) {
    show('failure', true);
    say('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  drawState(status);
  drawToday(status.today);
  drawSending(status);
}

function drawState({ failure, pausedUntil }) {
  const paused = pausedUntil !== null;
  by('dot').className = `dot${failure ? ' bad' : paused ? ' paused' : ''}`;
  say('state-text', failure ? 'Not recording'
    : !paused ? 'Recording'
      : pausedUntil === 'resumed' ? 'Paused until you resume' : `Paused until ${clock(pausedUntil)}`);
  show('failure', Boolean(failure));
  if (failure) say('failure-text', recordingProblem(failure));
  // A button that vanishes under the keyboard leaves it nowhere.
  const hadFocus = by('pausing').contains(document.activeElement);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
  if (hadFocus && document.activeElement === document.body) by(paused ? 'resume' : 'pause-hour').focus();
}

function drawToday({ activeMs, visits, top }) {
  say('today', spell(activeMs));
  say('today-visits', visits
    ? count(visits, 'visit')
    : 'Nothing yet. A page you look at for a second or longer appears here.');
  const drawn = JSON.stringify(top);
  if (by('sites').dataset.drawn === drawn) return;
  by('sites').dataset.drawn = drawn;
  by('sites').replaceChildren(...top.map((site) => {
    const bar = make('span', { className: 'bar' });
    bar.style.width = `${Math.max(2, (100 * site.activeMs) / top[0].activeMs)}%`;
    return make('li', {}, bar, make('span', { className: 'site', textContent: site.domain, title: site.domain }),
      make('span', { className: 'time', textContent: spell(site.activeMs) }));
  }));
}

function drawSending(status) {
  const { account, counts, schedule, syncing, progress } = status;
  const now = Date.now();
  say('who', account?.email ?? '');
  show('signed-out', !account);
  show('figures', Boolean(account));
  say('pending', counts.pending.toLocaleString());
  say('synced', counts.synced.toLocaleString());
  say('parked', counts.parked.toLocaleString());
  const again = account?.needsSignIn;
  const problem = !account || again ? null : !status.mayReach ? { kind: 'unusable', reason: 'permission' } : schedule.problem;
  show('problem', Boolean(problem || again));
  if (again) say('problem-text', endedSignIn(account.ended));
  else if (problem) say('problem-text', sendingProblem(problem, account.server));
  const running = syncing && progress !== null;
  show('progress', running);
  if (running) {
    const done = progress.sent + progress.parked;
    by('bar').max = Math.max(progress.total, 1);
    by('bar').value = done;
    say('progress-text', `${done.toLocaleString()} of ${count(progress.total, 'record')} sent`);
  }
  say('times', !account ? '' : [
    schedule.lastSuccessAt ? `Last sent ${when(schedule.lastSuccessAt, now)}` : 'Not sent yet',
    !syncing && status.nextAttemptAt && !again ? `next ${when(status.nextAttemptAt, now)}` : '',
  ].filter(Boolean).join(' · '));
  show('sync', Boolean(account) && !again);
  by('sync').disabled = syncing;
  say('sync', syncing ? 'Syncing…' : 'Sync now');
  show('sign-in', !account || Boolean(again));
  say('sign-in', again ? 'Sign in again' : 'Sign in');
  show('see-parked', counts.parked > 0);
}

const refresh = async () => draw(await ask('status'));

function openOptions(part) {
  ext.tabs.create({ url: ext.runtime.getURL(`options.html${part}`) });
  // A popup in the toolbar would stay open over the new tab in some browsers.
  if (ext.extension?.getViews?.({ type: 'popup' }).includes(window)) window.close();
}

by('options').addEventListener('click', () => openOptions(''));
by('sign-in').addEventListener('click', () => openOptions('#account'));
by('see-parked').addEventListener('click', () => openOptions('#refused'));
by('sync').addEventListener('click', async () => {
  by('sync').disabled = true;
  await ask('sync');
  await refresh();
});
by('pause-hour').addEventListener('click', async () => draw(await ask('pause', { until: Date.now() + HOUR })));
by('pause').addEventListener('click', async () => draw(await ask('pause', { until: 'resumed' })));
by('resume').addEventListener('click', async () => draw(await ask('resume')));
by('failure-retry').addEventListener('click', async () => draw(await ask('retry-recording')));

keepFresh(refresh);
