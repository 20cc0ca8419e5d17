/**
 * The form by which a person connects the extension to a server, or signs in with a password. It stands in the element
 * `enter-server` of the welcome page and of the options.
 */
import { ext } from '../browser-api.js';
import { originPattern } from '../server-permission.js';
import { askBackground } from './ask-background.js';
import { countText } from './formatting.js';
import {
  buttonById, byId, checkedValue, createElement, inputById, onClick, onSubmit, openDialog, setMessage, setText, show, typedById,
} from './page-elements.js';
import { connectProblem, connectionEndText, serverProblem, signInProblem } from './problem-texts.js';
import { serverAddress } from './server-address.js';
import { whyUnreachable } from './server-reachability.js';

/**
 * @typedef {import('../background/page-commands.js').Status} Status
 * @typedef {import('../background/page-commands.js').ServerCheck} ServerCheck
 * @typedef {import('../background/page-commands.js').SignInAnswer} SignInAnswer
 * @typedef {import('../background/page-commands.js').ConnectAnswer} ConnectAnswer
 */

// Awaited here, so that a page that imports this module finds the elements of the form.
const markup = await (await fetch(ext.runtime.getURL('src/pages/server-form.html'))).text();
byId('enter-server').append(...new DOMParser().parseFromString(markup, 'text/html').body.childNodes);

/**
 * The status that the form shows, or null before the first.
 * @type {Status | null}
 */
let status = null;

/** The address without https for which the person has seen the warning. */
let warnedOf = '';

/**
 * The address under which the checked server is known here, or null.
 * @type {string | null}
 */
let knownAs = null;

/** @param {Status} shown */
export function drawServerForm(shown) {
  status = shown;
  const { account, connection, signedOutVisits } = shown;
  show('mode', !account?.needsSignIn);
  show('adopt-field', signedOutVisits > 0);
  setText('adopt-text', `Add the ${countText(signedOutVisits, 'visit')} recorded while signed out to this account. They are sent to the server and become part of its history.`);
  const waiting = connection !== null && connection.problem === null;
  show('connecting', waiting);
  if (waiting) setText('connect-number', connection.number);
  setText('connect-message', connection?.problem ? connectionEndText(connection.problem) : '');
}

/**
 * Puts the known server and e-mail address into the fields.
 * @param {Status} stored
 */
export function fillServerForm({ account, server }) {
  inputById('server').value = account?.server ?? server;
  inputById('login-email').value = account?.email ?? '';
}

/**
 * @param {() => Promise<void>} refresh  draws the page again
 * @param {(answer: {adopted: number}) => void} onSignedIn  after a sign-in with a password
 */
export function setUpServerForm(refresh, onSignedIn) {
  onSubmit('connect-form', () => whileBusy('connect', refresh, async () => {
    const server = await reachableServer();
    if (server && (await checkServer(server))) await connect(server);
  }));
  onSubmit('enter', () => whileBusy('enter-button', refresh, async () => {
    setText('enter-message', '');
    const server = await reachableServer();
    if (!server || !credentialsTyped() || !(await checkServer(server))) return;
    const signedIn = await signIn(server);
    if (signedIn) onSignedIn(signedIn);
  }));
  byId('enter').addEventListener('change', () => {
    const isNew = checkedValue('mode') === 'up';
    show('name-field', isNew);
    setText('enter-button', isNew ? 'Create account' : 'Sign in');
    inputById('login-password').autocomplete = isNew ? 'new-password' : 'current-password';
  });
  onClick('connect-page', () => status?.connection && ext.tabs.create({ url: status.connection.page }));
  onClick('connect-cancel', async () => {
    await askBackground({ ask: 'cancel-connect' });
    await refresh();
  });
}

/**
 * @param {string} id  of the button that does not work meanwhile
 * @param {() => Promise<void>} refresh
 * @param {() => Promise<void>} work
 */
async function whileBusy(id, refresh, work) {
  buttonById(id).disabled = true;
  try {
    await work();
  } finally {
    buttonById(id).disabled = false;
    await refresh();
  }
}

/**
 * The typed server once the browser allows it, or null after the problem is shown. It must run first in a click:
 * browsers show their permission question only while the click lasts, so nothing may be awaited before.
 */
async function reachableServer() {
  const field = inputById('server');
  const typed = serverAddress(field.value);
  if (typed.problem) {
    setMessage('server-message', serverProblem(typed.problem, ''), false);
    field.setAttribute('aria-invalid', 'true');
    field.focus();
    return null;
  }
  field.removeAttribute('aria-invalid');
  if (typed.open && warnedOf !== typed.server) {
    warnedOf = typed.server;
    field.value = typed.server;
    setMessage('server-message', serverProblem('open-network', typed.server), false);
    return null;
  }
  field.value = typed.server;
  const allowed = await ext.permissions.request({ origins: [originPattern(typed.server)] }).catch(() => false);
  if (allowed) return typed.server;
  setMessage('server-message', serverProblem('permission', typed.server), false);
  return null;
}

/** @param {string} server */
async function checkServer(server) {
  setMessage('server-message', 'Checking…', true);
  /** @type {ServerCheck} */
  const answer = await askBackground({ ask: 'check-server', server });
  if (answer.ok) {
    setMessage('server-message', '', true);
    knownAs = answer.knownAs;
    return true;
  }
  const problem = answer.problem === 'network' ? await whyUnreachable(server) : answer.problem;
  setMessage('server-message', serverProblem(problem, server), false);
  return false;
}

/**
 * True when the server is the one known under an earlier address, which the person is asked. Null without an answer.
 * @param {string} server
 * @returns {Promise<boolean | null>}
 */
async function isSameServer(server) {
  if (knownAs === null) return false;
  if (!document.getElementById('same-dialog')) document.body.append(sameServerDialog());
  setText('same-text', `${server} says that it is the server that you used as ${knownAs}. If it is, your records that wait for it are sent here.`);
  const answer = await new Promise((resolve) => {
    const dialog = typedById('same-dialog', HTMLDialogElement);
    openDialog('same-dialog');
    dialog.addEventListener('close', () => resolve(dialog.returnValue), { once: true });
  });
  return answer === '' ? null : answer === 'yes';
}

function sameServerDialog() {
  const dialog = createElement('dialog', { id: 'same-dialog' }, createElement('form', { method: 'dialog' },
    createElement('h2', { id: 'same-title', textContent: 'Is this the same server?' }), createElement('p', { id: 'same-text' }),
    createElement('p', { className: 'row end' }, createElement('button', { value: 'no', textContent: 'It is another' }),
      createElement('button', { value: 'yes', className: 'main', autofocus: true, textContent: 'It is the same' }))));
  dialog.setAttribute('aria-labelledby', 'same-title');
  return dialog;
}

const adopts = () => (status?.signedOutVisits ?? 0) > 0 && inputById('adopt').checked;

/** @param {string} server */
async function connect(server) {
  const sameServer = await isSameServer(server);
  if (sameServer === null) {
    setMessage('server-message', 'Not connected: say first whether this is the same server.', false);
    return;
  }
  /** @type {ConnectAnswer | {ok?: false, error: string}} */
  const answer = await askBackground({ ask: 'connect', server, sameServer, adopt: adopts() });
  if (answer.ok) await ext.tabs.create({ url: answer.page });
  else setMessage('server-message', 'problem' in answer ? connectProblem(answer, server) : answer.error, false);
}

/** True when both fields are filled. Otherwise the empty one is named and focused. */
function credentialsTyped() {
  const email = inputById('login-email');
  const password = inputById('login-password');
  const empty = !email.value.trim() ? email : !password.value ? password : null;
  if (!empty) return true;
  setText('enter-message', empty === email ? 'Enter your e-mail address.' : 'Enter your password.');
  empty.focus();
  return false;
}

/**
 * The background's answer to a sign-in, or null after the problem is shown.
 * @param {string} server
 */
async function signIn(server) {
  const isNew = checkedValue('mode') === 'up' && !status?.account?.needsSignIn;
  const sameServer = await isSameServer(server);
  if (sameServer === null) {
    setText('enter-message', 'Not signed in: say first whether this is the same server.');
    return null;
  }
  /** @type {SignInAnswer | {ok?: false, error: string}} */
  const answer = await askBackground({
    ask: 'sign-in', server, isNew, sameServer, email: inputById('login-email').value.trim(), password: inputById('login-password').value,
    name: inputById('login-name').value.trim(), adopt: adopts(),
  });
  if (answer.ok) {
    inputById('login-password').value = '';
    return answer;
  }
  setText('enter-message', 'problem' in answer ? signInProblem(answer, server, isNew) : answer.error);
  return null;
}
