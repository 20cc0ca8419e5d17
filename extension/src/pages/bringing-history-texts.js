/** The sentences about the import of this browser's history. */
import { countText } from './formatting.js';

/**
 * @typedef {import('../history/history-count.js').HistoryCount} HistoryCount
 * @typedef {import('../history/history-import.js').HistoryImport} HistoryImport
 */

/** @param {number} instant  ms since the epoch */
const dayText = (instant) => new Date(instant).toLocaleDateString(undefined, { dateStyle: 'long' });

/**
 * What the history holds, as far as it was counted.
 * @param {HistoryCount} count
 */
export function countedText({ visits, first, last }) {
  if (first === null || last === null) return 'This browser has no history that can be brought.';
  const [from, to] = [dayText(first), dayText(last)];
  return `${countText(visits, 'visit')} ${from === to ? `on ${from}` : `from ${from} to ${to}`}.`;
}

/**
 * What is left out, or an empty text.
 * @param {HistoryCount} count
 */
export function leftOutText({ forbidden, leftOut }) {
  const parts = [
    [forbidden, 'visit that your rules keep here', 'visits that your rules keep here'],
    [leftOut.reload, 'reload of a page', 'reloads of a page'],
    [leftOut.redirectHop, 'redirect', 'redirects'],
    [leftOut.subframe, 'part of a page', 'parts of pages'],
  ];
  const texts = parts.flatMap(([n, one, many]) => (n ? [countText(Number(n), String(one), String(many))] : []));
  return texts.length ? `Left out: ${texts.join(', ')}.` : '';
}

/**
 * How far an import has come.
 * @param {HistoryImport} found
 */
export function bringingText({ status, problem, total, fates }) {
  const { stored, erased, refused, forbidden } = fates;
  const notes = [
    erased ? `${countText(erased, 'visit')} that you erased before ${erased === 1 ? 'stays' : 'stay'} erased.` : '',
    refused ? `Your server refused ${countText(refused, 'visit')}.` : '',
    forbidden ? `Your rules keep ${countText(forbidden, 'visit')} here.` : '',
  ];
  const sent = stored + erased + refused;
  const progress = `${sent.toLocaleString()} of ${countText(Math.max(total, sent), 'visit')} sent.`;
  const first = status === 'done' ? `Done: ${countText(stored, 'visit')} of this browser’s history ${stored === 1 ? 'is' : 'are'} on your server.`
    : status === 'running' ? progress : `${stopText(problem)} ${progress}`;
  return [first, ...notes].filter(Boolean).join(' ');
}

/** @param {HistoryImport['problem']} problem */
function stopText(problem) {
  switch (problem) {
    case 'permission': return 'Stopped, because the browser no longer lets the extension read its history. Press “Go on” and allow it.';
    case 'history': return 'Stopped, because the browser could not read its history. Nothing is lost.';
    case 'server': return 'Stopped, because your server answered in a way that this version of the extension does not know. An update of the extension may help.';
    default: return 'Stopped.';
  }
}
