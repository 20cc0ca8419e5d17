/** The sites that a line of a rule covers, as text. */
import { faultyPattern, matches } from '../capture/site-patterns.js';
import { siteText } from './formatting.js';

const MOST_SHOWN = 5;

/**
 * @param {string} line
 * @param {Map<string, string>} urls  the site of each URL
 */
export function coveredText(line, urls) {
  if (faultyPattern([line]) !== null) return `${line}: can never match a site`;
  const sites = new Set();
  for (const [url, site] of urls) if (!sites.has(site) && matches(line, new URL(url))) sites.add(site);
  if (sites.size === 0) return `${line}: no site of the last week`;
  const shown = [...sites].map(siteText).sort().slice(0, MOST_SHOWN);
  return `${line}: ${shown.join(', ')}${sites.size > MOST_SHOWN ? ` and ${sites.size - MOST_SHOWN} more` : ''}`;
}
