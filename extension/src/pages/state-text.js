/** The state of the extension in one sentence. */
import { countText, timeOfDayText } from './formatting.js';

/** @typedef {import('../background/page-commands.js').Status} Status */

/**
 * Whether the extension records, as the beginning of a sentence.
 * @param {Pick<Status, 'failure' | 'pausedUntil'>} status
 */
export function recordingText({ failure, pausedUntil }) {
  if (failure) return 'Not recording';
  if (pausedUntil === null) return 'Recording';
  return pausedUntil === 'resumed' ? 'Paused until you resume' : `Paused until ${timeOfDayText(pausedUntil)}`;
}

/**
 * How the records stand with the server, as the end of the same sentence.
 * @param {Pick<Status, 'account' | 'counts' | 'mayReach' | 'schedule' | 'syncing'>} status
 */
export function copyingText({ account, counts, mayReach, schedule, syncing }) {
  if (!account) return ', in this browser only.';
  if (account.needsSignIn) return ', and waiting for you to sign in again.';
  if (syncing) return ', and sending to your server.';
  if (schedule.problem || !mayReach) return ', but the server cannot be used now.';
  if (counts.pending) return `, and ${countText(counts.pending, 'record')} ${counts.pending === 1 ? 'waits' : 'wait'} to be sent.`;
  if (counts.parked) return `, and your server refused ${countText(counts.parked, 'record')}.`;
  return ', and your server has everything.';
}
