/** The badge on the extension's button. It appears only when a person must do something. */
import { ext } from '../browser-api.js';
import { mayReachServer } from '../server-permission.js';
import { FIRST_SCHEDULE } from '../sync/schedule.js';

/** The number of failures in a row that the badge shows. A restart of the server causes fewer. */
const MANY_FAILURES = 3;

/** @param {string} reason  an empty text removes the badge */
export async function showBadge(reason) {
  await ext.action.setBadgeText({ text: reason ? '!' : '' });
  await ext.action.setBadgeBackgroundColor({ color: '#b3261e' });
  await ext.action.setTitle({ title: reason ? `Browsing record: ${reason}` : 'Browsing record' });
}

/**
 * Makes a click on the button open the popup. Before the person has chosen, it opens nothing by itself: the listener of
 * clicks then opens the welcome page. Chromium keeps this over restarts.
 * @param {boolean} hasChosen
 */
export async function showPopup(hasChosen) {
  await ext.action.setPopup({ popup: hasChosen ? ext.runtime.getURL('src/pages/popup.html') : '' });
}

/**
 * The thing to do for the signed-in person, or an empty text.
 * @param {import('../store.js').Store} store
 * @param {(owner: string) => Promise<{parked: number}>} counts
 */
export async function syncBadgeReason(store, counts) {
  /** @type {import('../sync/accounts.js').Account | undefined} */
  const account = await store.get('account');
  if (!account) return '';
  if (account.needsSignIn) return 'Sign in again to go on sending.';
  /** @type {import('../sync/schedule.js').Schedule} */
  const { problem, failures } = (await store.get('schedule')) ?? FIRST_SCHEDULE;
  if (problem?.reason === 'permission' || !(await mayReachServer(account.server))) return 'Allow access to your server.';
  if (problem?.kind === 'storage') return 'This browser could not write to its disk.';
  if (problem?.kind === 'unusable' && failures >= MANY_FAILURES) return 'Your server cannot be used.';
  const { parked } = await counts(account.key);
  const seen = (await store.get('parkedSeen')) ?? 0;
  return parked > seen ? 'The server refused some records.' : '';
}
