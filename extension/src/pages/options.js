/** The options page: account, sending, rules, page metadata, export and erasing. */
import { ext, isFirefox } from '../browser-api.js';
import { NO_RULES, pageOf } from '../capture/recording-rules.js';
import { faultyPattern, patternHost, patternsIn } from '../capture/site-patterns.js';
import { originPattern } from '../server-permission.js';
import { openStore } from '../store.js';
import { askBackground, askStatus } from './ask-background.js';
import { setUpBringingHistory } from './bringing-history.js';
import { countText, relativeTimeText, siteText, timeOfDayText } from './formatting.js';
import { coveredText } from './covered-sites.js';
import { askToForgetSite, drawCountCheck, drawLatestVisits, setUpForgetting } from './forgetting.js';
import { exportAll, exported, ownerOf } from './json-export.js';
import { importedText, readExport, refusalText, restoreAll, whyNotHere } from './json-import.js';
import {
  buttonById, byId, checkedValue, createElement, dialogById, inputById, onClick, onSubmit, openDialog, radio, refreshEverySecond, selectById,
  setMessage, setText, show, showProgress, textareaById, typedById,
} from './page-elements.js';
import { recordingProblem, sendingNotice, sendingProblem, sessionEndText } from './problem-texts.js';
import { drawServerForm, fillServerForm, setUpServerForm } from './server-form.js';

/**
 * @typedef {import('../background/page-commands.js').Status} Status
 * @typedef {import('../background/page-commands.js').Parked} Parked
 */

const HOUR_MS = 60 * 60 * 1000;
const ALL_SITES = ['http://*/*', 'https://*/*'];
/**
 * The latest status, or null before the first.
 * @type {Status | null}
 */
let status = null;
let fieldsFilled = false;
let drawnCounts = '';

/**
 * The URLs of the account's last week with their sites, read when a person begins to type and after the records changed.
 * @type {Promise<Map<string, string>> | null}
 */
let weekUrls = null;

/**
 * The rules as the fields showed them first. The popup may have changed the rules since.
 * @type {import('../capture/recording-rules.js').Rules}
 */
let filledRules = NO_RULES;
let scrolledToRefused = false;
const drawHistory = setUpBringingHistory(byId('history'), refresh);

// ---------------------------------------------------------------------- drawing

async function refresh() {
  const answer = await askStatus();
  if ('error' in answer) {
    show('failure', true);
    unfoldOnce('sending');
    setText('failure-text', recordingProblem({ name: answer.failure ?? 'Error' }));
    document.documentElement.dataset.drawn = '';
    return;
  }
  status = answer;
  if (!fieldsFilled) fillFields(status);
  drawAccount(status);
  drawSending(status);
  drawHistory(status);
  drawState(status);
  const { pending, parked, synced } = status.counts;
  const counts = `${status.owner} ${pending} ${parked} ${synced}`;
  if (drawnCounts !== counts) {
    drawnCounts = counts;
    // Of another account now, or without what was erased.
    weekUrls = null;
    await drawTotal(status);
  }
}

/**
 * Puts the stored settings into the fields. This happens once, so that it does not overwrite a person's typing.
 * @param {Status} stored
 */
function fillFields(stored) {
  const { rules, metadata, recordServer, idleSeconds, soundCounts } = stored;
  fieldsFilled = true;
  fillServerForm(stored);
  inputById('record-server').checked = recordServer;
  selectById('idle-seconds').value = String(idleSeconds);
  inputById('sound-counts').checked = soundCounts;
  fillRules(rules);
  textareaById('metadata-sites').value = metadata.sites.join('\n');
  radio('metadata', `[value="${metadata.mode}"]`).checked = true;
  show('metadata-sites-field', metadata.mode === 'sites');
  document.documentElement.dataset.drawn = '';
}

/** @param {import('../capture/recording-rules.js').Rules} rules */
function fillRules(rules) {
  filledRules = rules;
  textareaById('never').value = rules.never.join('\n');
  textareaById('domain-only').value = rules.domainOnly.join('\n');
  textareaById('strip-query').value = rules.stripQuery.join('\n');
}

/** @param {Status} shown */
function drawAccount(shown) {
  const { account, mayReach, hasChosen } = shown;
  const signInAgain = Boolean(account?.needsSignIn);
  show('signed-in', Boolean(account));
  show('allow', Boolean(account) && !mayReach);
  show('sign-in-again', signInAgain);
  if (account && signInAgain) setText('sign-in-again', sessionEndText(account.ended));
  show('enter-server', !account || signInAgain);
  show('not-chosen', !hasChosen);
  drawServerForm(shown);
  if (account) {
    setText('email', account.email);
    setText('at-server', account.server);
  }
}

/** @param {Status} shown */
function drawSending(shown) {
  const { account, counts, schedule, syncing, progress, failure, mayReach } = shown;
  show('failure', Boolean(failure));
  if (failure) setText('failure-text', recordingProblem(failure));
  const problem = mayReach ? schedule.problem : { kind: 'unusable', reason: 'permission' };
  const problemShown = account && !account.needsSignIn ? problem : null;
  if (failure || problemShown) unfoldOnce('sending');
  const notice = account && !problemShown && schedule.notice ? sendingNotice(schedule.notice, account.server) : '';
  show('problem', Boolean(problemShown) || notice !== '');
  if (account) setText('problem-text', problemShown ? sendingProblem(problemShown, account.server) : notice);
  setText('pending', counts.pending.toLocaleString());
  setText('synced', counts.synced.toLocaleString());
  setText('parked', counts.parked.toLocaleString());
  setText('last', schedule.lastSuccessAt ? relativeTimeText(schedule.lastSuccessAt, Date.now()) : 'not yet');
  setText('next', nextAttemptText(shown));
  showProgress(syncing ? progress : null, (done, total) => `${done.toLocaleString()} of ${countText(total, 'record')} sent`);
  drawCountCheck(shown, true);
  buttonById('sync').disabled = syncing || !account || account.needsSignIn;
  setText('sync', syncing ? 'Syncing…' : 'Sync now');
  if (byId('refused').dataset.parked !== String(counts.parked)) drawRefused(counts.parked);
}

/** @param {Status} shown */
function nextAttemptText({ account, syncing, nextAttemptAt }) {
  if (!account) return 'when you sign in';
  if (account.needsSignIn) return 'when you sign in again';
  if (syncing) return 'now';
  return nextAttemptAt ? relativeTimeText(nextAttemptAt, Date.now()) : 'when there is something new';
}

/** @param {number} parked */
async function drawRefused(parked) {
  byId('refused').dataset.parked = String(parked);
  show('refused', parked > 0);
  if (parked === 0) return;
  /** @type {Parked} */
  const { records } = await askBackground({ ask: 'parked' });
  byId('refused-rows').replaceChildren(...records.map((record) => createElement('tr', {},
    createElement('td', { textContent: ('url' in record ? record.url : record.currentUrl) ?? 'Tab totals' }),
    createElement('td', { textContent: new Date(record.startedAt).toLocaleString() }),
    createElement('td', { textContent: reasonsOf(record) }))));
  if (location.hash === '#refused' && !scrolledToRefused) byId('refused').scrollIntoView();
  scrolledToRefused = true;
  setText('refused-more', parked > records.length ? `And ${countText(parked - records.length, 'more', 'more')}.` : '');
}

/** @param {Pick<Parked['records'][number], 'errors' | 'retryAt'>} refusal */
function reasonsOf({ errors, retryAt }) {
  const reasons = Object.entries(errors ?? {}).map(([field, texts]) => `${field === 'record' ? '' : `${field}: `}${[texts].flat().join(' ')}`);
  if (retryAt) reasons.push('It is tried again once a day.');
  return reasons.join(' ') || 'The server gave no reason.';
}

/** @param {Status} shown */
function drawState({ pausedUntil, failure, hasChosen }) {
  const paused = pausedUntil !== null;
  setText('state', !hasChosen ? 'Nothing is recorded yet.' : failure ? 'Not recording.' : !paused ? 'Recording.'
    : pausedUntil === 'resumed' ? 'Paused until you resume.' : `Paused until ${timeOfDayText(pausedUntil)}.`);
  show('pause-hour', hasChosen && !paused);
  show('pause', hasChosen && !paused);
  show('resume', paused);
}

/** @param {Status} shown */
async function drawTotal({ owner, account }) {
  const store = await openStore();
  const { visits, aggregates } = await store.total(owner);
  store.close();
  const whose = account ? `of ${account.email}` : 'made while signed out';
  setText('total', visits + aggregates === 0 ? 'Nothing is recorded here yet.'
    : `This browser holds ${countText(visits, 'visit')} and the totals of ${countText(aggregates, 'tab')} ${whose}. Records of other accounts are neither exported nor erased.`);
  buttonById('export').disabled = visits + aggregates === 0;
  buttonById('erase').disabled = visits + aggregates === 0;
}

/**
 * Calls `listener` when a dialog is closed with the button of this value.
 * @param {string} id
 * @param {string} value
 * @param {() => unknown} listener
 */
function onDialogAnswer(id, value, listener) {
  byId(id).addEventListener('close', () => {
    if (dialogById(id).returnValue === value) listener();
  });
}

// ---------------------------------------------------------------------- account

setUpServerForm(refresh, ({ adopted }) => {
  setMessage('account-message', adopted ? `Signed in. ${countText(adopted, 'record')} made while signed out now belong to this account.` : 'Signed in.', true);
});

onClick('choose', () => {
  location.href = 'welcome.html';
});

onClick('allow', async () => {
  if (!status?.account) return;
  await ext.permissions.request({ origins: [originPattern(status.account.server)] }).catch(() => false);
  await askBackground({ ask: 'sync' });
  await refresh();
});

onClick('sign-out', async () => {
  // The number of unsent records may have changed since the last refresh.
  await refresh();
  const pending = status?.counts.pending ?? 0;
  setText('leave-text', pending
    ? `${countText(pending, 'record')} ${pending === 1 ? 'has' : 'have'} not been sent yet. They stay in this browser and go out when you sign in to this account again. They are never sent to another account.`
    : 'Everything recorded so far has been sent. Recording goes on in this browser.');
  openDialog('leave-dialog');
});
onDialogAnswer('leave-dialog', 'leave', async () => {
  await askBackground({ ask: 'sign-out' });
  setMessage('account-message', 'Signed out. Recording goes on in this browser.', true);
  await refresh();
  byId('server').focus();
});

// ---------------------------------------------------------------------- sending

onClick('sync', async () => {
  buttonById('sync').disabled = true;
  await askBackground({ ask: 'sync' });
  await refresh();
});
onClick('failure-retry', async () => {
  await askBackground({ ask: 'retry-recording' });
  await refresh();
});
onClick('release', async () => {
  await askBackground({ ask: 'release' });
  await refresh();
});
onClick('export-refused', async () => {
  /** @type {Parked} */
  const { records } = await askBackground({ ask: 'parked' });
  download(new Blob([`[${records.map((record) => exported(record.kind, 'parked', record)).join(',\n')}]\n`], { type: 'application/json' }), 'refused-records');
});

// ---------------------------------------------------------------------- rules and metadata

onClick('pause-hour', () => askBackground({ ask: 'pause', until: Date.now() + HOUR_MS }).then(refresh));
onClick('pause', () => askBackground({ ask: 'pause', until: 'resumed' }).then(refresh));
onClick('resume', () => askBackground({ ask: 'resume' }).then(refresh));

const WEEK_MS = 7 * 24 * HOUR_MS;
async function readWeekUrls() {
  const store = await openStore();
  try {
    return await store.urlsSince(status?.owner ?? '', Date.now() - WEEK_MS);
  } finally {
    store.close();
  }
}

/**
 * Tells for each line of a list which of the last week's sites it covers.
 * @param {string} id  of the list
 */
async function drawCovered(id) {
  weekUrls ??= readWeekUrls();
  const urls = await weekUrls;
  byId(`${id}-covers`).replaceChildren(...patternsIn(textareaById(id).value).map((line) => createElement('li', { textContent: coveredText(line, urls) })));
}
for (const id of ['never', 'domain-only', 'strip-query']) {
  byId(id).addEventListener('input', () => drawCovered(id));
}

onSubmit('rules', async () => {
  const [never, domainOnly, stripQuery] = ['never', 'domain-only', 'strip-query'].map((id) => patternsIn(textareaById(id).value));
  const faulty = faultyPattern([...never, ...domainOnly, ...stripQuery]);
  if (faulty !== null) {
    setMessage('rules-message', `“${faulty}” is not a site. A line like it never matches. Write it like example.com, one a line. Nothing was saved.`, false);
    return;
  }
  const added = never.filter((line) => !status?.rules.never.includes(line));
  /** @type {{held: number, stored: number, rules: import('../capture/recording-rules.js').Rules}} */
  const { held, stored, rules } = await askBackground({ ask: 'rules', rules: { never, domainOnly, stripQuery }, begun: filledRules, recordServer: inputById('record-server').checked });
  fillRules(rules);
  const kept = held ? ` ${countText(held, 'waiting record')} of forbidden sites ${held === 1 ? 'is' : 'are'} not sent.` : '';
  setMessage('rules-message', `Saved. The rules hold from now on.${kept}${stored ? ` ${countText(stored, 'visit')} of them ${stored === 1 ? 'is' : 'are'} still stored here.` : ''}`, true);
  show('forget', stored > 0);
  byId('forget-lines').replaceChildren(...added.flatMap((line) => {
    const site = typedSite(line);
    // A line of one port or path covers less than the site.
    const [, port] = /(:\d+)$/.exec(line) ?? [];
    if (site === null || /[/?#]/.test(line.replace(/^https?:\/\//i, '')) || (port && !site.endsWith(port))) return [];
    const button = createElement('button', { type: 'button', textContent: `Forget ${siteText(site)} everywhere…` });
    button.addEventListener('click', () => askToForgetSite(site));
    return [button];
  }));
});
onClick('forget', async () => {
  /** @type {{forgotten: number}} */
  const { forgotten } = await askBackground({ ask: 'forget' });
  setMessage('rules-message', `${countText(forgotten, 'visit')} forgotten in this browser. The copy on your server stays as it is. To erase it there too, forget the site below.`, true);
  show('forget', false);
  drawnCounts = '';
  await refresh();
});

onSubmit('forget-form', async () => {
  const site = typedSite(inputById('forget-name').value);
  if (site === null) {
    setText('forget-message', 'Enter a site, such as example.com.');
    inputById('forget-name').focus();
    return;
  }
  await askToForgetSite(site);
});
setUpForgetting(async () => {
  drawnCounts = '';
  await refresh();
  await drawLatestVisits();
});
byId('latest').addEventListener('toggle', drawLatestVisits);

/**
 * The site of a typed name or address, or null.
 * @param {string} typed
 */
function typedSite(typed) {
  const text = typed.trim();
  if (!text || faultyPattern([text]) !== null || text.includes('*')) return null;
  return pageOf(/^https?:\/\//i.test(text) ? text : `http://${text}`, NO_RULES)?.domain ?? null;
}

byId('presence').addEventListener('change', async () => {
  await askBackground({
    ask: 'presence', idleSeconds: Number(selectById('idle-seconds').value), soundCounts: inputById('sound-counts').checked,
  });
  setMessage('presence-message', 'Saved.', true);
});

byId('metadata').addEventListener('change', () => show('metadata-sites-field', checkedValue('metadata') === 'sites'));
onSubmit('metadata', async () => {
  const mode = /** @type {'off' | 'sites' | 'all'} */ (checkedValue('metadata'));
  const sites = patternsIn(textareaById('metadata-sites').value);
  const faulty = faultyPattern(sites);
  if (mode === 'sites' && (faulty !== null || !sites.length)) {
    setMessage('metadata-message', faulty === null ? 'Name at least one site.' : `“${faulty}” is not a site. Write it like docs.example.com.`, false);
    return;
  }
  if (mode !== 'off' && !(await mayReadPages(mode === 'all' ? ALL_SITES : sites.flatMap(originsOf)))) {
    setMessage('metadata-message', 'The browser was not given the permission, so nothing changed.', false);
    return;
  }
  await askBackground({ ask: 'metadata', metadata: { mode, sites } });
  setMessage('metadata-message', mode === 'off' ? 'Saved. Pages are not read.' : 'Saved. It holds for pages that load from now on.', true);
});

/**
 * Asks the person for the permission to read pages. Firefox asks for the consent to page content too.
 * @param {string[]} origins
 */
function mayReadPages(origins) {
  /** @type {chrome.permissions.Permissions & {data_collection?: string[]}} */
  const wanted = { permissions: ['scripting'], origins };
  if (isFirefox) wanted.data_collection = ['websiteContent'];
  return ext.permissions.request(wanted).catch(() => false);
}

/**
 * The match patterns that cover a site of the list. A site with a star in the middle needs all sites.
 * @param {string} pattern
 */
function originsOf(pattern) {
  const host = patternHost(pattern)?.replace(/^\*\./, '') ?? '*';
  if (host.includes('*')) return ALL_SITES;
  const hosts = /^[\d.]+$|^\[/.test(host) ? host : `*.${host}`;
  return [`http://${hosts}/*`, `https://${hosts}/*`];
}

// ---------------------------------------------------------------------- export and erasing

const exportBar = typedById('export-bar', HTMLProgressElement);

/**
 * Runs `work` with the store, a progress bar and both buttons disabled.
 * @param {(store: import('../store.js').Store) => Promise<void>} work
 */
async function withProgress(work) {
  buttonById('export').disabled = true;
  buttonById('import').disabled = true;
  exportBar.value = 0;
  show('export-progress', true);
  const store = await openStore();
  try {
    await work(store);
  } finally {
    store.close();
    show('export-progress', false);
    buttonById('export').disabled = false;
    buttonById('import').disabled = false;
  }
}

/** @param {number} done */
function showDone(done) {
  exportBar.value = done;
}

onClick('export', () => withProgress(async (store) => {
  /** @type {import('../sync/accounts.js').Account | undefined} */
  const account = await store.get('account');
  const owner = account?.key ?? '';
  const { visits, aggregates } = await store.total(owner);
  exportBar.max = visits + aggregates;
  const about = {
    exportedAt: new Date().toISOString(), extensionVersion: ext.runtime.getManifest().version,
    anonymousClientId: await store.get('anonymousClientId'), owner: ownerOf(account),
  };
  download(await exportAll(store, owner, about, showDone), 'browsing-record');
  setMessage('yours-message', `Exported ${countText(visits, 'visit')} and the totals of ${countText(aggregates, 'tab')}.`, true);
}));

onClick('import', () => inputById('import-file').click());
byId('import-file').addEventListener('change', () => withProgress(async (store) => {
  const [file] = inputById('import-file').files ?? [];
  if (!file) return;
  const { content, refusal } = readExport(await file.text());
  // The same file may be chosen again.
  inputById('import-file').value = '';
  /** @type {import('../sync/accounts.js').Account | undefined} */
  const account = await store.get('account');
  /** @type {import('./json-import.js').Refusal | null} */
  let why = refusal ?? null;
  if (content) {
    const { may } = await askBackground({ ask: 'may-take-browser', anonymousClientId: content.anonymousClientId });
    why = whyNotHere(content, { account, mayTake: may });
    if (!why && !(await askBackground({ ask: 'take-browser', anonymousClientId: content.anonymousClientId })).taken) why = 'another-browser';
  }
  if (why || !content) {
    setMessage('yours-message', refusalText(why ?? 'not-ours', content, account?.server), false);
    return;
  }
  exportBar.max = content.visits.length + content.aggregates.length;
  const { rules } = await askBackground({ ask: 'history-rules' });
  const counts = await restoreAll(store, account?.key ?? '', content, { rules, now: Date.now(), onProgress: showDone });
  await askBackground({ ask: 'restored' });
  setMessage('yours-message', importedText(counts), true);
  drawnCounts = '';
  await refresh();
}));

/**
 * @param {Blob} blob
 * @param {string} name
 */
function download(blob, name) {
  const url = URL.createObjectURL(blob);
  createElement('a', { href: url, download: `${name}-${new Date().toISOString().slice(0, 10)}.json` }).click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

onClick('erase', async () => {
  await refresh();
  const unsent = (status?.counts.pending ?? 0) + (status?.counts.parked ?? 0) + (status?.counts.held ?? 0);
  const whose = status?.account ? `of ${status.account.email}` : 'made while signed out';
  setText('erase-text', unsent
    ? `The records ${whose} are deleted. ${countText(unsent, 'record')} ${unsent === 1 ? 'is' : 'are'} not on your server yet and would be lost for good.`
    : `The records ${whose} are deleted from this browser, whether they were sent or not. Records of other accounts stay.`);
  openDialog('erase-dialog');
});
onDialogAnswer('erase-dialog', 'erase', async () => {
  await askBackground({ ask: 'erase' });
  setMessage('yours-message', 'Erased.', true);
  drawnCounts = '';
  await refresh();
});

// ---------------------------------------------------------------------- folded cards

/** Opens the card that the address names, such as that of the refused records. */
function unfoldNamed() {
  const named = location.hash ? document.getElementById(location.hash.slice(1)) : null;
  const card = named?.closest('details');
  if (card) card.open = true;
}
addEventListener('hashchange', unfoldNamed);
unfoldNamed();

/** @type {Set<string>} */
const unfolded = new Set();

/**
 * Opens a card by itself once, so that a person can fold it again.
 * @param {string} id
 */
function unfoldOnce(id) {
  if (unfolded.has(id)) return;
  unfolded.add(id);
  typedById(id, HTMLDetailsElement).open = true;
}

refreshEverySecond(refresh);
