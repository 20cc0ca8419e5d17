/** The options page: account, sending, rules, metadata, and the person's own copy. */
import { ext, isFirefox } from '../browser-api.js';
import { exportAll, exported } from './json-export.js';
import { askBackground } from './ask-background.js';
import { byId, createElement, refreshEverySecond, setText, show } from './page-elements.js';
import { whyUnreachable } from './server-reachability.js';
import { faultyPattern, patternsIn } from '../capture/recording-rules.js';
import { serverAddress } from './server-address.js';
import { originPattern } from '../server-permission.js';
import { openStore } from '../store.js';
import { countText, relativeTimeText, timeOfDayText } from './formatting.js';
import { signInProblem, recordingProblem, sendingProblem, serverProblem, sessionEndText } from './problem-texts.js';

const HOUR = 60 * 60 * 1000;
const checkedValue = (name) => document.querySelector(`input[name="${name}"]:checked`).value;
let status = null;
let filled = false;
let drawnCounts = '';
let arrived = false;

// ---------------------------------------------------------------------- what the page shows

async function refresh() {
  status = await askBackground('status');
  if (status.error) {
    show('failure', true);
    setText('failure-text', recordingProblem({ name: status.failure ?? 'Error' }));
    return;
  }
  if (!filled) fillFields();
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
function fillFields() {
  filled = true;
  byId('server').value = status.account?.server ?? status.server;
  byId('login-email').value = status.account?.email ?? '';
  byId('never').value = status.rules.never.join('\n');
  byId('domain-only').value = status.rules.domainOnly.join('\n');
  byId('strip-query').value = status.rules.stripQuery.join('\n');
  byId('metadata-sites').value = status.metadata.sites.join('\n');
  document.querySelector(`input[name="metadata"][value="${status.metadata.mode}"]`).checked = true;
  show('metadata-sites-field', status.metadata.mode === 'sites');
}

function drawAccount() {
  const { account, signedOutVisits } = status;
  const again = Boolean(account?.needsSignIn);
  show('signed-in', Boolean(account));
  show('allow', Boolean(account) && !status.mayReach);
  show('sign-in-again', again);
  if (again) setText('sign-in-again', sessionEndText(account.ended));
  show('enter', !account || again);
  if (account) {
    setText('email', account.email);
    setText('at-server', account.server);
  }
  show('mode', !again);
  show('adopt-field', signedOutVisits > 0);
  setText('adopt-text', `Add the ${countText(signedOutVisits, 'visit')} recorded while signed out to this account. They are sent to the server and become part of its history.`);
}

function drawSending() {
  const { account, counts, schedule, syncing, progress } = status;
  const now = Date.now();
  show('failure', Boolean(status.failure));
  if (status.failure) setText('failure-text', recordingProblem(status.failure));
  const problem = account && !account.needsSignIn
    ? (status.mayReach ? schedule.problem : { kind: 'unusable', reason: 'permission' }) : null;
  show('problem', Boolean(problem));
  if (problem) setText('problem-text', sendingProblem(problem, account.server));
  setText('pending', counts.pending.toLocaleString());
  setText('synced', counts.synced.toLocaleString());
  setText('parked', counts.parked.toLocaleString());
  setText('last', schedule.lastSuccessAt ? relativeTimeText(schedule.lastSuccessAt, now) : 'not yet');
  setText('next', !account ? 'when you sign in' : account.needsSignIn ? 'when you sign in again'
    : syncing ? 'now' : status.nextAttemptAt ? relativeTimeText(status.nextAttemptAt, now) : 'when there is something new');
  const running = syncing && progress !== null;
  show('progress', running);
  if (running) {
    byId('bar').max = Math.max(progress.total, 1);
    byId('bar').value = progress.sent + progress.parked;
    setText('progress-text', `${(progress.sent + progress.parked).toLocaleString()} of ${countText(progress.total, 'record')} sent`);
  }
  byId('sync').disabled = syncing || !account || account.needsSignIn;
  setText('sync', syncing ? 'Syncing…' : 'Sync now');
  if (byId('refused').dataset.parked !== String(counts.parked)) drawRefused(counts.parked);
}

async function drawRefused(parked) {
  byId('refused').dataset.parked = String(parked);
  show('refused', parked > 0);
  if (parked === 0) return;
  const { records } = await askBackground('parked');
  byId('refused-rows').replaceChildren(...records.map((record) => createElement('tr', {},
    createElement('td', { textContent: record.url ?? record.currentUrl ?? 'Tab totals' }),
    createElement('td', { textContent: new Date(record.startedAt).toLocaleString() }),
    createElement('td', { textContent: reasonsOf(record) }))));
  if (location.hash === '#refused' && !arrived) byId('refused').scrollIntoView();
  arrived = true;
  setText('refused-more', parked > records.length ? `And ${countText(parked - records.length, 'more', 'more')}.` : '');
}

function reasonsOf({ errors, retryAt }) {
  const reasons = Object.entries(errors ?? {}).map(([field, texts]) => `${field === 'record' ? '' : `${field}: `}${[texts].flat().join(' ')}`);
  if (retryAt) reasons.push('It is tried again once a day.');
  return reasons.join(' ') || 'The server gave no reason.';
}

function drawState() {
  const { pausedUntil, failure } = status;
  const paused = pausedUntil !== null;
  setText('state', failure ? 'Not recording.' : !paused ? 'Recording.'
    : pausedUntil === 'resumed' ? 'Paused until you resume.' : `Paused until ${timeOfDayText(pausedUntil)}.`);
  show('pause-hour', !paused);
  show('pause', !paused);
  show('resume', paused);
}

async function drawTotal() {
  const store = await openStore();
  const { visits, aggregates } = await store.total();
  store.close();
  setText('total', visits + aggregates === 0 ? 'Nothing is recorded here yet.'
    : `${countText(visits, 'visit')} and the totals of ${countText(aggregates, 'tab')} lie in this browser.`);
  byId('export').disabled = visits + aggregates === 0;
  byId('erase').disabled = visits + aggregates === 0;
}

// ---------------------------------------------------------------------- account

function setMessage(id, text, good) {
  byId(id).classList.toggle('wrong', !good);
  byId(id).classList.toggle('right', good);
  setText(id, text);
}

/** The server in the field once it may be reached, or null after saying what is wrong. Call it first in a click. */
async function reachableServer() {
  const typed = serverAddress(byId('server').value);
  if (typed.problem) {
    setMessage('server-message', serverProblem(typed.problem, ''), false);
    byId('server').setAttribute('aria-invalid', 'true');
    byId('server').focus();
    return null;
  }
  byId('server').removeAttribute('aria-invalid');
  byId('server').value = typed.server;
  // Browsers show their question only while the click lasts, so nothing is awaited before.
  const allowed = await ext.permissions.request({ origins: [originPattern(typed.server)] }).catch(() => false);
  if (allowed) return typed.server;
  setMessage('server-message', serverProblem('permission', typed.server), false);
  return null;
}

async function checkServer(server) {
  setMessage('server-message', 'Checking…', true);
  const answer = await askBackground('check-server', { server });
  if (answer.ok) {
    setMessage('server-message', 'This server is ready.', true);
    return true;
  }
  const problem = answer.problem === 'network' ? await whyUnreachable(server) : answer.problem;
  setMessage('server-message', serverProblem(problem, server), false);
  return false;
}

byId('check').addEventListener('click', async () => {
  const server = await reachableServer();
  if (server && (await checkServer(server))) await askBackground('server', { server });
});

byId('enter').addEventListener('change', () => {
  const isNew = checkedValue('mode') === 'up';
  show('name-field', isNew);
  setText('enter-button', isNew ? 'Create account' : 'Sign in');
  byId('login-password').autocomplete = isNew ? 'new-password' : 'current-password';
});

byId('enter').addEventListener('submit', async (event) => {
  event.preventDefault();
  setText('enter-message', '');
  setText('account-message', '');
  const email = byId('login-email').value.trim();
  const password = byId('login-password').value;
  const isNew = checkedValue('mode') === 'up' && !status.account?.needsSignIn;
  const server = await reachableServer();
  if (!server) return;
  if (!email || !password) {
    setText('enter-message', !email ? 'Enter your e-mail address.' : 'Enter your password.');
    byId(!email ? 'login-email' : 'login-password').focus();
    return;
  }
  byId('enter-button').disabled = true;
  try {
    if (!(await checkServer(server))) return;
    const answer = await askBackground('sign-in', {
      server, email, password, isNew, name: byId('login-name').value.trim(),
      adopt: status.signedOutVisits > 0 && byId('adopt').checked,
    });
    if (!answer.ok) {
      setText('enter-message', answer.error && typeof answer.error === 'string' ? answer.error : signInProblem(answer, server, isNew));
      return;
    }
    byId('login-password').value = '';
    setMessage('account-message', answer.adopted ? `Signed in. ${countText(answer.adopted, 'record')} made while signed out now belong to this account.` : 'Signed in.', true);
  } finally {
    byId('enter-button').disabled = false;
    await refresh();
  }
});

byId('allow').addEventListener('click', async () => {
  await ext.permissions.request({ origins: [originPattern(status.account.server)] }).catch(() => false);
  await askBackground('sync');
  await refresh();
});

byId('sign-out').addEventListener('click', async () => {
  // What is said of unsent records must hold now, not a second ago.
  await refresh();
  const { pending } = status.counts;
  setText('leave-text', pending
    ? `${countText(pending, 'record')} ${pending === 1 ? 'has' : 'have'} not been sent yet. They stay in this browser and go out when you sign in to this account again; nobody else's sign-in sends them.`
    : 'Everything recorded so far has been sent. Recording goes on in this browser.');
  byId('leave-dialog').showModal();
});
byId('leave-dialog').addEventListener('close', async () => {
  if (byId('leave-dialog').returnValue !== 'leave') return;
  await askBackground('sign-out');
  setMessage('account-message', 'Signed out. Recording goes on in this browser.', true);
  await refresh();
  byId('server').focus();
});

// ---------------------------------------------------------------------- sending

byId('sync').addEventListener('click', async () => {
  byId('sync').disabled = true;
  await askBackground('sync');
  await refresh();
});
byId('failure-retry').addEventListener('click', async () => {
  await askBackground('retry-recording');
  await refresh();
});
byId('release').addEventListener('click', async () => {
  await askBackground('release');
  await refresh();
});
byId('export-refused').addEventListener('click', async () => {
  const { records } = await askBackground('parked');
  download(new Blob([`[${records.map((record) => exported(record.kind, record)).join(',\n')}]\n`], { type: 'application/json' }), 'refused-records');
});

// ---------------------------------------------------------------------- rules

byId('pause-hour').addEventListener('click', () => askBackground('pause', { until: Date.now() + HOUR }).then(refresh));
byId('pause').addEventListener('click', () => askBackground('pause', { until: 'resumed' }).then(refresh));
byId('resume').addEventListener('click', () => askBackground('resume').then(refresh));

byId('rules').addEventListener('submit', async (event) => {
  event.preventDefault();
  const rules = { never: patternsIn(byId('never').value), domainOnly: patternsIn(byId('domain-only').value), stripQuery: patternsIn(byId('strip-query').value) };
  const faulty = faultyPattern([...rules.never, ...rules.domainOnly, ...rules.stripQuery]);
  if (faulty !== null) {
    setMessage('rules-message', `“${faulty}” is not a site. Write it like example.com, one a line. Nothing was saved.`, false);
    return;
  }
  await askBackground('rules', { rules });
  setMessage('rules-message', 'Saved. The rules hold from now on; what was recorded before stays as it is.', true);
});

byId('metadata').addEventListener('change', () => show('metadata-sites-field', checkedValue('metadata') === 'sites'));
byId('metadata').addEventListener('submit', async (event) => {
  event.preventDefault();
  const mode = checkedValue('metadata');
  const sites = patternsIn(byId('metadata-sites').value);
  const faulty = faultyPattern(sites);
  if (mode === 'sites' && (faulty !== null || !sites.length)) {
    setMessage('metadata-message', faulty === null ? 'Name at least one site.' : `“${faulty}” is not a site. Write it like docs.example.com.`, false);
    return;
  }
  if (mode !== 'off') {
    const wanted = { permissions: ['scripting'], origins: mode === 'all' ? ['http://*/*', 'https://*/*'] : sites.flatMap(originsOf) };
    if (isFirefox) wanted.data_collection = ['websiteContent'];
    const allowed = await ext.permissions.request(wanted).catch(() => false);
    if (!allowed) {
      setMessage('metadata-message', 'The browser was not given the permission, so nothing changed.', false);
      return;
    }
  }
  await askBackground('metadata', { metadata: { mode, sites } });
  setMessage('metadata-message', mode === 'off' ? 'Saved. Pages are not read.' : 'Saved. It holds for pages that load from now on.', true);
});

/** The match patterns that cover a site of the list; one with stars inside needs all sites. */
function originsOf(pattern) {
  const host = pattern.replace(/^\w+:\/\//, '').replace(/[/:].*$/, '').replace(/^\*\./, '');
  return host.includes('*') ? ['http://*/*', 'https://*/*'] : [`http://*.${host}/*`, `https://*.${host}/*`];
}

// ---------------------------------------------------------------------- the person's own copy

byId('export').addEventListener('click', async () => {
  byId('export').disabled = true;
  show('export-progress', true);
  const store = await openStore();
  try {
    const { visits, aggregates } = await store.total();
    byId('export-bar').max = visits + aggregates;
    const about = { exportedAt: new Date().toISOString(), extensionVersion: ext.runtime.getManifest().version };
    const blob = await exportAll(store, about, (done) => {
      byId('export-bar').value = done;
    });
    download(blob, 'browsing-record');
    setMessage('yours-message', `Exported ${countText(visits, 'visit')} and the totals of ${countText(aggregates, 'tab')}.`, true);
  } finally {
    store.close();
    show('export-progress', false);
    byId('export').disabled = false;
  }
});

function download(blob, name) {
  const url = URL.createObjectURL(blob);
  createElement('a', { href: url, download: `${name}-${new Date().toISOString().slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

byId('erase').addEventListener('click', async () => {
  await refresh();
  const { pending, parked } = status.counts;
  const unsent = pending + parked;
  setText('erase-text', unsent
    ? `${countText(unsent, 'record')} ${unsent === 1 ? 'is' : 'are'} not on your server yet and would be lost for good.`
    : 'All records that wait to be sent and all that were sent are deleted from this browser.');
  byId('erase-dialog').showModal();
});
byId('erase-dialog').addEventListener('close', async () => {
  if (byId('erase-dialog').returnValue !== 'erase') return;
  await askBackground('erase');
  setMessage('yours-message', 'Erased.', true);
  await Promise.all([refresh(), drawTotal()]);
});

refreshEverySecond(refresh);
