/** Which numbers of the day the popup shows, and what it says about them. */
import { countText, durationText } from './formatting.js';

/**
 * @typedef {import('../background/page-commands.js').Status} Status
 * @typedef {import('../sync/wire.js').ServerDay} ServerDay
 * @typedef {import('../sync/wire.js').CategoryTime} CategoryTime
 * @typedef {{activeMs: number | null, visits: number, hours: number[], top: {domain: string, activeMs: number}[],
 *   categories?: CategoryTime[][], timeZone?: string, isServers: boolean}} ShownDay
 *   `categories` and `timeZone`: of the server's numbers. This browser alone knows no categories.
 */

const QUARTER_MS = 15 * 60 * 1000;

/**
 * The server's numbers where it knows at least as much as this browser, else this browser's own. Days on two clocks
 * cannot be compared, so there the server's are shown.
 * @param {Status['today']} here
 * @param {ServerDay | null} server
 * @param {string} timeZone  of this browser
 * @returns {ShownDay}
 */
export function dayShown(here, server, timeZone) {
  const isBehind = server?.timeZone === timeZone
    && (server.visits < here.visits || (server.activeMs !== null && server.activeMs < here.activeMs));
  return server && !isBehind ? { ...server, isServers: true } : { ...here, isServers: false };
}

/**
 * Whose numbers are shown.
 * @param {ShownDay} day
 * @param {Pick<Status, 'account' | 'counts'>} status
 */
export function sourceText({ isServers, timeZone }, { account, counts }) {
  if (isServers) {
    const isSame = timeZone === Intl.DateTimeFormat().resolvedOptions().timeZone;
    return `All your browsers, as on the dashboard${isSame ? '' : `, on the clock of ${timeZone}`}.`;
  }
  if (!account) return '';
  return counts.pending ? 'This browser alone. The dashboard has it after the next sync.' : 'This browser alone.';
}

/** @param {number} visits */
export function visitsText(visits) {
  return visits ? countText(visits, 'visit') : 'Nothing yet. A page appears here after you look at it for a second.';
}

/**
 * The colour of an hour, from 0 for no time to 4 for more than three quarters of it.
 * @param {number} ms
 */
export function hourLevel(ms) {
  return Math.min(4, Math.ceil(ms / QUARTER_MS));
}

/**
 * The hours with active time, in words.
 * @param {number[]} hours  active ms
 * @param {number} [first]  the number of the first of them
 */
export function hoursText(hours, first = 0) {
  const name = (/** @type {number} */ hour) => `${String(hour).padStart(2, '0')}:00`;
  if (hours.length === 1) return `${name(first)}: ${hours[0] ? `${durationText(hours[0])} active` : 'no active time'}`;
  const parts = hours.flatMap((ms, place) => (ms ? [`${name(first + place)} ${durationText(ms)}`] : []));
  return `Active time by hour: ${parts.join(', ') || 'none'}`;
}

/**
 * The categories of an hour, each on a line of its own.
 * @param {CategoryTime[]} parts
 */
export function partsText(parts) {
  return parts.map(({ name, activeMs }) => `\n${name}: ${durationText(activeMs)}`).join('');
}
