/** Durations, counts, sites and instants as text. */
import { unicodeHost } from '../capture/punycode.js';
import { siteOf } from '../capture/site.js';

/**
 * A duration as hours and minutes, or as seconds below a minute, by the same rule as the dashboard's.
 * @param {number} ms
 */
export function durationText(ms) {
  if (ms < 60_000) return ms > 0 && ms < 1000 ? 'under 1 s' : `${Math.floor(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours >= 100) return `${hours.toLocaleString('en')} h`;
  return minutes % 60 ? `${hours} h ${String(minutes % 60).padStart(2, '0')} min` : `${hours} h`;
}

/**
 * A count with its noun.
 * @param {number} n
 * @param {string} one
 * @param {string} [many]
 */
export function countText(n, one, many = `${one}s`) {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}

/**
 * A site in its own letters, by the same rule as the dashboard's: as it is where a browser would read the letters as
 * another site.
 * @param {string} site
 */
export function siteText(site) {
  const letters = unicodeHost(site);
  try {
    return siteOf(new URL(`http://${letters}`)) === site ? letters : site;
  } catch {
    return site;
  }
}

/**
 * An instant relative to now, such as "just now", "5 min ago" or "in 2 min". Beyond a day it is a date and time.
 * @param {number} instant  ms since the epoch
 * @param {number} now
 */
export function relativeTimeText(instant, now) {
  const ms = instant - now;
  const distance = Math.abs(ms);
  if (distance < 45_000) return ms > 10_000 ? 'in less than a minute' : ms > 0 ? 'in a moment' : 'just now';
  if (distance < 86_400_000) {
    const minutes = durationText(Math.max(60_000, Math.round(distance / 60_000) * 60_000));
    return ms > 0 ? `in ${minutes}` : `${minutes} ago`;
  }
  return dateTimeText(instant);
}

/**
 * @param {number} instant  ms since the epoch
 */
export function dateTimeText(instant) {
  return new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/**
 * @param {number} instant  ms since the epoch
 */
export function timeOfDayText(instant) {
  return new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}
