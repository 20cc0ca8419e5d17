/**
 * Records of visits from the browser's own history. They have the ids that an import of the browser's history file
 * makes, so a visit that comes both ways is one record. Their durations are not known.
 *
 * @typedef {import('./history-reading.js').Family} Family
 * @typedef {import('./history-reading.js').SeenVisit} SeenVisit
 * @typedef {{id: string, owner: string, url: string, title: string, startedAt: number, revision: number}} HistoryVisit
 */
import { MAX_TITLE, NO_RULES, cutText, pageOf } from '../capture/recording-rules.js';

const encoder = new TextEncoder();
const USER_AND_PASSWORD = /^https?:\/\/[^/?#]*@/i;

/**
 * The client id of a family's records at the server.
 * @param {Family} family
 */
export const historyClientId = (family) => `import:${family}`;

/**
 * The id of the n-th of equal visits, from 0.
 * @param {Family} family
 * @param {number} startedAt
 * @param {string} url
 * @param {number} n
 */
export async function historyId(family, startedAt, url, n) {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', encoder.encode(`${family}\n${startedAt}\n${url}\n${n}`)));
  return `imp_${Array.from(digest.subarray(0, 16), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

/**
 * The page of a visit as the person's rules let it be kept, with the URL that its id is made of; null when they forbid
 * it. Nothing of a part that a rule leaves out may be in the id.
 * @param {string} url
 * @param {import('../capture/recording-rules.js').Rules} rules
 */
function allowedPage(url, rules) {
  const page = pageOf(url, rules);
  if (!page) return null;
  const isWhole = !page.nameless && page.url === pageOf(url, NO_RULES)?.url && !USER_AND_PASSWORD.test(url);
  return { ...page, idUrl: isWhole ? url : page.url };
}

/**
 * The records of one window's visits, and the number of visits that the rules forbid.
 * @param {SeenVisit[]} visits  all visits of each millisecond that they are from
 * @param {{family: Family, owner: string, rules: import('../capture/recording-rules.js').Rules}} about
 * @returns {Promise<{records: HistoryVisit[], forbidden: number}>}
 */
export async function historyRecords(visits, { family, owner, rules }) {
  /** @type {Map<string, number>} */
  const equals = new Map();
  const ordered = [...visits].sort((a, b) => a.startedAt - b.startedAt || (a.url < b.url ? -1 : Number(a.url > b.url)));
  const records = await Promise.all(ordered.map(async ({ url, title, startedAt, newestAt }) => {
    const page = allowedPage(url, rules);
    if (!page) return null;
    const key = `${startedAt} ${page.idUrl}`;
    const n = equals.get(key) ?? 0;
    equals.set(key, n + 1);
    return {
      id: await historyId(family, startedAt, page.idUrl, n), owner, url: page.url, startedAt,
      // The server cuts titles by characters. Here one character may be two units.
      title: page.nameless ? '' : cutText(title, 2 * MAX_TITLE),
      // A later import of the same page wins, by its newer title.
      revision: Math.floor(newestAt / 1000),
    };
  }));
  const kept = records.filter((record) => record !== null);
  return { records: kept, forbidden: records.length - kept.length };
}
