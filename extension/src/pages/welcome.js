/** The welcome page. It opens after the installation, and nothing is recorded before the person has chosen here. */
import { ext } from '../browser-api.js';
import { askBackground, askStatus } from './ask-background.js';
import { byId, onClick, refreshEverySecond, setText, show } from './page-elements.js';
import { recordingProblem } from './problem-texts.js';
import { drawServerForm, fillServerForm, setUpServerForm } from './server-form.js';

/** @typedef {import('../background/page-commands.js').Status} Status */

/**
 * The latest status, or null before the first.
 * @type {Status | null}
 */
let status = null;

async function refresh() {
  const answer = await askStatus();
  const failure = 'error' in answer ? { name: answer.failure ?? 'Error' } : answer.failure;
  show('failure', Boolean(failure));
  if (failure) setText('failure', recordingProblem(failure));
  if (!('error' in answer)) draw(answer);
}

/** @param {Status} shown */
function draw(shown) {
  if (!status) fillServerForm(shown);
  const hasBegun = status?.hasChosen === false && shown.hasChosen;
  status = shown;
  drawServerForm(shown);
  show('choose', !shown.hasChosen);
  show('ready', shown.hasChosen);
  if (shown.hasChosen) drawReady(shown);
  // The focused button is hidden now.
  if (hasBegun) byId('ready-title').focus();
  document.documentElement.dataset.drawn = '';
}

/** @param {Status} shown */
function drawReady({ account }) {
  setText('lead', 'You can change all of this in the options.');
  setText('ready-text', account ? `Your records go to ${account.server}, to the account of ${account.email}.` : 'Your records stay in this browser.');
  show('dashboard', Boolean(account));
}

onClick('stay-local', async () => {
  await askBackground({ ask: 'stay-local' });
  await refresh();
});
onClick('dashboard', () => status?.account && ext.tabs.create({ url: `${status.account.server}/dashboard` }));
onClick('options', () => ext.runtime.openOptionsPage());
setUpServerForm(refresh, () => {});

refreshEverySecond(refresh);
