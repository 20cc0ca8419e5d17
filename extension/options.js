/** The options page: account, sending, rules, metadata, and the person's own copy. */
import { originPattern } from './src/browser.js';
import { ext, isFirefox } from './src/ext.js';
import { exportAll, exported } from './src/export.js';
import { ask, by, keepFresh, make, say, show } from './src/page.js';
import { whyUnreachable } from './src/probe.js';
import { faultyPattern, patternsIn } from './src/rules.js';
import { serverAddress } from './src/server-address.js';
import { openStore } from './src/store.js';
import { clock, count, endedSignIn, enteringProblem, recordingProblem, sendingProblem, serverProblem, when } from './src/words.js';

const HOUR = 60 * 60 * 1000;
const chosen = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
let status = null;
let filled = false;
let drawnCounts = '';
let arrived = false;

// ---------------------------------------------------------------------- what the page shows

async function refresh() {
  status = await ask('status');
  if (status.error) {
    show('failure', true);
    say('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  if (!filled) fill();
  drawAccount();
  drawSending();
  drawState();
  const { pending, parked, synced } = status.counts;
  if (drawnCounts !== `${pending} ${parked} ${synced}`) {
    drawnCounts = `${pending} ${parked} ${synced}`;
    await drawTotal();
  }
}

/** Puts what is stored into the fields, once, so that nobody's typing is overwritten. */
function fill() {
  filled = true;
  by('server').value = status.account?.server ?? status.server;
  by('login-email').value = status.account?.email ?? '';
  by('never').value = status.rules.never.join('\n');
  by('domain-only').value = status.rules.domainOnly.join('\n');
  by('strip-query').value = status.rules.stripQuery.join('\n');
  by('metadata-sites').value = status.metadata.sites.join('\n');
  document.querySelector(`input[name="metadata"][value="${status.metadata.mode}"]`).checked = true;
  show('metadata-sites-field', status.metadata.mode === 'sites');
}

function drawAccount() {
  const { account, signedOutVisits } = status;
  const again = Boolean(account?.needsSignIn);
  show('signed-in', Boolean(account));
  show('allow', Boolean(account) && !status.mayReach);
  show('sign-in-again', again);
  if (again) say('sign-in-again', endedSignIn(account.ended));
  show('enter', !account || again);
  if (account) {
    say('email', account.email);
    say('at-server', account.server);
  }
  show('mode', !again);
  show('adopt-field', signedOutVisits > 0);
  say('adopt-text', `Add the ${count(signedOutVisits, 'visit')} recorded while signed out to this account. They are sent to the server and become part of its history.`);
}

function drawSending() {
  const { account, counts, schedule, syncing, progress } = status;
  const now = Date.now();
  show('failure', Boolean(status.failure));
  if (status.failure) say('failure-text', recordingProblem(status.failure));
  const problem = account && !account.needsSignIn
    ? (status.mayReach ? schedule.problem : { kind: 'unusable', reason: 'permission' }) : null;
  show('problem', Boolean(problem));
  if (problem) say('problem-text', sendingProblem(problem, account.server));
  say('pending', counts.pending.toLocaleString());
  say('synced', counts.synced.toLocaleString());
  say('parked', counts.parked.toLocaleString());
  say('last', schedule.lastSuccessAt ? when(schedule.lastSuccessAt, now) : 'not yet');
  say('next', !account ? 'when you sign in' : account.needsSignIn ? 'when you sign in again'
    : syncing ? 'now' : status.nextAttemptAt ? when(status.nextAttemptAt, now) : 'when there is something new');
  const running = syncing && progress !== null;
  show('progress', running);
  if (running) {
    by('bar').max = Math.max(progress.total, 1);
    by('bar').value = progress.sent + progress.parked;
    say('progress-text', `${(progress.sent + progress.parked).toLocaleString()} of ${count(progress.total, 'record')} sent`);
  }
  by('sync').disabled = syncing || !account || account.needsSignIn;
  say('sync', syncing ? 'Syncing…' : 'Sync now');
  if (by('refused').dataset.parked !== String(counts.parked)) drawRefused(counts.parked);
}

async function drawRefused(parked) {
  by('refused').dataset.parked = String(parked);
  show('refused', parked > 0);
  if (parked === 0) return;
  const { records } = await ask('parked');
  by('refused-rows').replaceChildren(...records.map((record) => make('tr', {},
    make('td', { textContent: record.url ?? record.currentUrl ?? 'Tab totals' }),
    make('td', { textContent: new Date(record.startedAt).toLocaleString() }),
    make('td', { textContent: reasonsOf(record) }))));
  if (location.hash === '#refused' && !arrived) by('refused').scrollIntoView();
  arrived = true;
  say('refused-more', parked > records.length ? `And ${count(parked - records.length, 'more', 'more')}.` : '');
}

function reasonsOf({ errors, retryAt }) {
  const reasons = Object.entries(errors ?? {}).map(([field, texts]) => `${field === 'record' ? '' : `${field}: `}${[texts].flat().join(' ')}`);
  if (retryAt) reasons.push('It is tried again once a day.');
  return reasons.join(' ') || 'The server gave no reason.';
}

function drawState() {
  const { pausedUntil, failure } = status;
  const paused = pausedUntil !== null;
  say('state', failure ? 'Not recording.' : !paused ? 'Recording.'
    : pausedUntil === 'resumed' ? 'Paused until you resume.' : `Paused until ${clock(pausedUntil)}.`);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
}

async function drawTotal() {
  const store = await openStore();
  const { visits, aggregates } = await store.total();
  store.close();
  say('total', visits + aggregates === 0 ? 'Nothing is recorded here yet.'
    : `${count(visits, 'visit')} and the totals of ${count(aggregates, 'tab')} lie in this browser.`);
  by('export').disabled = visits + aggregates === 0;
  by('erase').disabled = visits + aggregates === 0;
}

// ---------------------------------------------------------------------- account

function tell(id, text, good) {
  by(id).classList.toggle('wrong', !good);
  by(id).classList.toggle('right', good);
  say(id, text);
}

/** The server in the field once it may be reached, or null after saying what is wrong. Call it first in a click. */
async function reachableServer() {
  const typed = serverAddress(by('server').value);
  if (typed.problem) {
    tell('server-message', serverProblem(typed.problem, ''), false);
    by('server').setAttribute('aria-invalid', 'true');
    by('server').focus();
    return null;
  }
  by('server').removeAttribute('aria-invalid');
  by('server').value = typed.server;
  // Browsers show their question only while the click lasts, so nothing is awaited before.
  const allowed = await ext.permissions.request({ origins: [originPattern(typed.server)] }).catch(() => false);
  if (allowed) return typed.server;
  tell('server-message', serverProblem('permission', typed.server), false);
  return null;
}

async function checkServer(server) {
  tell('server-message', 'Checking…', true);
  const answer = await ask('check', { server });
  if (answer.ok) {
    tell('server-message', 'This server is ready.', true);
    return true;
  }
  const problem = answer.problem === 'network' ? await whyUnreachable(server) : answer.problem;
  tell('server-message', serverProblem(problem, server), false);
  return false;
}

by('check').addEventListener('click', async () => {
  const server = await reachableServer();
  if (server && (await checkServer(server))) await ask('server', { server });
});

by('enter').addEventListener('change', () => {
  const isNew = chosen('mode') === 'up';
  show('name-field', isNew);
  say('enter-button', isNew ? 'Create account' : 'Sign in');
  by('login-password').autocomplete = isNew ? 'new-password' : 'current-password';
});

by('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  say('enter-message', '');
  say('account-message', '');
  const email = by('login-email').value.trim();
  const password = by('login-password').value;
  const isNew = chosen('mode') === 'up' && !status.account?.needsSignIn;
  const server = await reachableServer();
  if (!server) return;
  if (!email || !password) {
    say('enter-message', !email ? 'Enter your e-mail address.' : 'Enter your password.');
    by(!email ? 'login-email' : 'login-password').focus();
    return;
  }
  by('enter-button').disabled = true;
  try {
    if (!(await checkServer(server))) return;
    const answer = await ask('enter', {
      server, email, password, isNew, name: by('login-name').value.trim(),
      adopt: status.signedOutVisits > 0 && by('adopt').checked,
    });
    if (!answer.ok) {
      say('enter-message', answer.error && typeof answer.error === 'string' ? answer.error : enteringProblem(answer, server, isNew));
      return;
    }
    by('login-password').value = '';
    tell('account-message', answer.adopted ? `Signed in. ${count(answer.adopted, 'record')} made while signed out now belong to this account.` : 'Signed in.', true);
  } finally {
    by('enter-button').disabled = false;
    await refresh();
  }
});

by('allow').addEventListener('click', async () => {
  await ext.permissions.request({ origins: [originPattern(status.account.server)] }).catch(() => false);
  await ask('sync');
  await refresh();
});

by('sign-out').addEventListener('click', async () => {
  // What is said of unsent records must hold now, not a second ago.
  await refresh();
  const { pending } = status.counts;
  say('leave-text', pending
    ? `${count(pending, 'record')} ${pending === 1 ? 'has' : 'have'} not been sent yet. They stay in this browser and go out when you sign in to this account again; nobody else's sign-in sends them.`
    : 'Everything recorded so far has been sent. Recording goes on in this browser.');
  by('leave-dialog').showModal();
});
by('leave-dialog').addEventListener('close', async () => {
  if (by('leave-dialog').returnValue !== 'leave') return;
  await ask('leave');
  tell('account-message', 'Signed out. Recording goes on in this browser.', true);
  await refresh();
  by('server').focus();
});

// ---------------------------------------------------------------------- sending

by('sync').addEventListener('click', async () => {
  by('sync').disabled = true;
  await ask('sync');
  await refresh();
});
by('failure-retry').addEventListener('click', async () => {
  await ask('retry-recording');
  await refresh();
});
by('release').addEventListener('click', async () => {
  await ask('release');
  await refresh();
});
by('export-refused').addEventListener('click', async () => {
  const { records } = await ask('parked');
  save(new Blob([`[${records.map((record) => exported(record.kind, record)).join(',\n')}]\n`], { type: 'application/json' }), 'refused-records');
});

// ---------------------------------------------------------------------- rules

by('pause-hour').addEventListener('click', () => ask('pause', { until: Date.now() + HOUR }).then(refresh));
by('pause').addEventListener('click', () => ask('pause', { until: 'resumed' }).then(refresh));
by('resume').addEventListener('click', () => ask('resume').then(refresh));

by('rules').addEventListener('submit', async (event) => {
  event.preventDefault();
  const rules = { never: patternsIn(by('never').value), domainOnly: patternsIn(by('domain-only').value), stripQuery: patternsIn(by('strip-query').value) };
  const faulty = faultyPattern([...rules.never, ...rules.domainOnly, ...rules.stripQuery]);
  if (faulty !== null) {
    tell('rules-message', `“${faulty}” is not a site. Write it like example.com, one a line. Nothing was saved.`, false);
    return;
  }
  await ask('rules', { rules });
  tell('rules-message', 'Saved. The rules hold from now on; what was recorded before stays as it is.', true);
});

by('metadata').addEventListener('change', () => show('metadata-sites-field', chosen('metadata') === 'sites'));
by('metadata').addEventListener('submit', async (event) => {
  event.preventDefault();
  const mode = chosen('metadata');
  const sites = patternsIn(by('metadata-sites').value);
  const faulty = faultyPattern(sites);
  if (mode === 'sites' && (faulty !== null || !sites.length)) {
    tell('metadata-message', faulty === null ? 'Name at least one site.' : `“${faulty}” is not a site. Write it like docs.example.com.`, false);
    return;
  }
  if (mode !== 'off') {
    const wanted = { permissions: ['scripting'], origins: mode === 'all' ? ['http://*/*', 'https://*/*'] : sites.flatMap(originsOf) };
    if (isFirefox) wanted.data_collection = ['websiteContent'];
    const allowed = await ext.permissions.request(wanted).catch(() => false);
    if (!allowed) {
      tell('metadata-message', 'The browser was not given the permission, so nothing changed.', false);
      return;
    }
  }
  await ask('metadata', { metadata: { mode, sites } });
  tell('metadata-message', mode === 'off' ? 'Saved. Pages are not read.' : 'Saved. It holds for pages that load from now on.', true);
});

/** The match patterns that cover a site of the list; one with stars inside needs all sites. */
function originsOf(pattern) {
  const host = pattern.replace(/^\w+:\/\//, '').replace(/[/:].*$/, '').replace(/^\*\./, '');
  return host.includes('*') ? ['http://*/*', 'https://*/*'] : [`http://*.${host}/*`, `https://*.${host}/*`];
}

// ---------------------------------------------------------------------- the person's own copy

by('export').addEventListener('click', async () => {
  by('export').disabled = true;
  show('export-progress', true);
  const store = await openStore();
  try {
    const { visits, aggregates } = await store.total();
    by('export-bar').max = visits + aggregates;
    const about = { exportedAt: new Date().toISOString(), extensionVersion: ext.runtime.getManifest().version };
    const blob = await exportAll(store, about, (done) => {
      by('export-bar').value = done;
    });
    save(blob, 'browsing-record');
    tell('yours-message', `Exported ${count(visits, 'visit')} and the totals of ${count(aggregates, 'tab')}.`, true);
  } finally {
    store.close();
    show('export-progress', false);
    by('export').disabled = false;
  }
});

function save(blob, name) {
  const url = URL.createObjectURL(blob);
  make('a', { href: url, download: `${name}-${new Date().toISOString().slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

by('erase').addEventListener('click', async () => {
  await refresh();
  const { pending, parked } = status.counts;
  const unsent = pending + parked;
  say('erase-text', unsent
    ? `${count(unsent, 'record')} ${unsent === 1 ? 'is' : 'are'} not on your server yet and would be lost for good.`
    : 'All records that wait to be sent and all that were sent are deleted from this browser.');
  by('erase-dialog').showModal();
});
by('erase-dialog').addEventListener('close', async () => {
  if (by('erase-dialog').returnValue !== 'erase') return;
  await ask('erase');
  tell('yours-message', 'Erased.', true);
  await Promise.all([refresh(), drawTotal()]);
});

keepFresh(refresh);
