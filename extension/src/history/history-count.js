/**
 * Counts what the browser's own history holds, before the person decides to bring it.
 *
 * @typedef {import('./history-reading.js').Reason} Reason
 * @typedef {{visits: number, first: number | null, last: number | null, forbidden: number, leftOut: Record<Reason, number>}} HistoryCount
 *   `first` and `last`: the starts of the oldest and the newest visit. `forbidden`: visits that a rule of the person keeps here
 */
import { pageOf } from '../capture/recording-rules.js';
import { windowsBefore } from './history-reading.js';

/**
 * @param {import('./history-reading.js').HistoryApi} api
 * @param {import('./history-reading.js').Family} family
 * @param {{rules: import('../capture/recording-rules.js').Rules, before: number, onProgress?: (count: HistoryCount) => void,
 *   signal?: AbortSignal}} options
 * @returns {Promise<HistoryCount | null>} null after the signal
 */
export async function countHistory(api, family, { rules, before, onProgress, signal }) {
  /** @type {HistoryCount} */
  const count = { visits: 0, first: null, last: null, forbidden: 0, leftOut: { reload: 0, redirectHop: 0, subframe: 0 } };
  for await (const { visits, leftOut } of windowsBefore(api, family, before)) {
    if (signal?.aborted) return null;
    for (const reason of /** @type {Reason[]} */ (Object.keys(leftOut))) count.leftOut[reason] += leftOut[reason];
    for (const { url, startedAt } of visits) {
      if (!pageOf(url, rules)) {
        count.forbidden += 1;
        continue;
      }
      count.visits += 1;
      count.first = Math.min(startedAt, count.first ?? startedAt);
      count.last = Math.max(startedAt, count.last ?? startedAt);
    }
    onProgress?.(count);
  }
  return count;
}
