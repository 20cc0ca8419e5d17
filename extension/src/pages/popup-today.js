/** The card with the person's day: active time, a strip of its hours, and the sites with the most time. */
import { askBackground } from './ask-background.js';
import { durationText, siteText } from './formatting.js';
import { byId, createElement, setText, show } from './page-elements.js';
import { dayShown, hourLevel, hoursText, partsText, sourceText, visitsText } from './day-texts.js';

/**
 * @typedef {import('../background/page-commands.js').Status} Status
 * @typedef {import('../sync/wire.js').ServerDay} ServerDay
 */

const HOUR_MS = 60 * 60 * 1000;
/** Seconds after which the server is asked again. */
const ASK_EVERY_SECONDS = 60;
/** The card waits so long for the server at first. Else its numbers would change before the person's eyes. */
const FIRST_WAIT_MS = 800;

/** @type {ServerDay | null} */
let serverDay = null;
/** @type {string | null} */
let askedFor = null;
/** @type {Promise<unknown>} */
let asking = Promise.resolve();

/** Makes the next drawing ask the server again, as after records were forgotten. */
export function askServerAgain() {
  askedFor = null;
}

/** @param {Status} status */
export async function drawToday(status) {
  await bringServerDay(status);
  const day = dayShown(status.today, serverDay, Intl.DateTimeFormat().resolvedOptions().timeZone);
  setText('today', day.activeMs === null ? '–' : durationText(day.activeMs));
  setText('today-visits', visitsText(day.visits));
  setText('today-source', sourceText(day, status));
  drawHours(day.hours, hourAt(day.timeZone), day.categories ?? []);
  drawSites(day.top);
}

/** @param {Status} status */
async function bringServerDay({ owner, account, schedule }) {
  const minute = Math.floor(Date.now() / (ASK_EVERY_SECONDS * 1000));
  const wanted = account && !account.needsSignIn ? `${owner} ${schedule.lastSuccessAt} ${minute}` : '';
  if (wanted === askedFor) return;
  const isFirst = askedFor === null && serverDay === null;
  askedFor = wanted;
  asking = (wanted ? askBackground({ ask: 'server-today' }) : Promise.resolve(null)).then((day) => {
    // An answer that comes late must not replace a newer one.
    if (askedFor === wanted) serverDay = day?.date ? day : null;
  }, () => {});
  if (isFirst) await Promise.race([asking, new Promise((resolve) => setTimeout(resolve, FIRST_WAIT_MS))]);
}

/** @param {string | undefined} timeZone */
function hourAt(timeZone) {
  return Number(new Intl.DateTimeFormat('en', { hour: 'numeric', hourCycle: 'h23', timeZone }).format());
}

/**
 * @param {number[]} hours  active ms
 * @param {number} now  the present hour
 * @param {import('./day-texts.js').CategoryTime[][]} categories  the parts of each hour, if they are known
 */
function drawHours(hours, now, categories) {
  const strip = byId('hours');
  const drawn = JSON.stringify([hours, now, categories]);
  if (strip.dataset.drawn === drawn) return;
  strip.dataset.drawn = drawn;
  const isEmpty = hours.every((ms) => ms === 0);
  // As on the dashboard, hours without any category have the one colour of all.
  const isColored = categories.some((parts) => parts.some(({ color }) => color));
  show('hours', !isEmpty);
  show('hour-names', !isEmpty);
  strip.setAttribute('aria-label', hoursText(hours));
  strip.replaceChildren(...hours.map((ms, hour) => {
    const parts = isColored ? categories[hour] : [];
    const fill = createElement('span', { className: `fill ${parts.length ? '' : `level-${hourLevel(ms)}`}` });
    fill.append(...parts.map(({ color, activeMs }) => {
      const part = createElement('span', { className: `part cat-${color}` });
      part.style.flexGrow = String(activeMs);
      return part;
    }));
    // A few seconds would otherwise be too low to be seen.
    fill.style.height = ms ? `${Math.min(100, Math.max(8, (100 * ms) / HOUR_MS))}%` : '0';
    return createElement('span', { className: `hour${hour === now ? ' now' : ''}`, title: hoursText([ms], hour) + partsText(parts) }, fill);
  }));
}

/** @param {{domain: string, activeMs: number}[]} top */
function drawSites(top) {
  const drawn = JSON.stringify(top);
  const list = byId('sites');
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.replaceChildren(...top.map((site) => {
    const bar = createElement('span', { className: 'bar' });
    bar.style.width = `${Math.max(2, (100 * site.activeMs) / top[0].activeMs)}%`;
    return createElement('li', {}, bar, createElement('span', { className: 'site', textContent: siteText(site.domain), title: site.domain }),
      createElement('span', { className: 'time', textContent: durationText(site.activeMs) }));
  }));
}
