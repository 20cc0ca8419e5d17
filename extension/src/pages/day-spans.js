/** Days of this browser's clock, as a person enters and reads them. */
import { daySpan } from '../capture/local-days.js';

/**
 * The day of an instant as an input of a date holds it, such as 2025-11-07.
 * @param {number} instant  ms since the epoch
 */
export function dateInputText(instant) {
  const date = new Date(instant);
  const two = (/** @type {number} */ n) => String(n).padStart(2, '0');
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

/**
 * The instants from the beginning of the first day to the end of the last one.
 * @param {string} first  such as 2025-11-07
 * @param {string} last  the first day where it is empty
 * @returns {{from: number, to: number} | {problem: string}}
 */
export function spanOfDays(first, last) {
  if (first === '') return { problem: 'Enter the first day.' };
  const [from, to] = [first, last || first].map((text) => {
    const [year, month, day] = text.split('-').map(Number);
    return daySpan(year, month - 1, day);
  });
  if (to.from < from.from) return { problem: '“To” must be the same day as “From” or later.' };
  return { from: from.from, to: to.to };
}

/**
 * The visits of some days, in words.
 * @param {{from: number, to: number}} span
 */
export function spanText({ from, to }) {
  const name = (/** @type {number} */ instant) => new Date(instant).toLocaleDateString(undefined, { dateStyle: 'medium' });
  const [first, last] = [name(from), name(to - 1)];
  return first === last ? `the visits that began on ${first}` : `the visits that began from ${first} to ${last}`;
}
