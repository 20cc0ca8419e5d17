/**
 * Reads the browser's own history, window by window, from the newest visit to the oldest. A window holds so few visits
 * that a history of ten years needs no more memory than one of a day.
 *
 * @typedef {{search: (query: {text: string, startTime: number, endTime: number, maxResults: number}) => Promise<HistoryPage[]>,
 *   getVisits: (page: {url: string}) => Promise<PageVisit[]>}} HistoryApi  the two calls of the browser's `history`
 * @typedef {{url?: string, title?: string}} HistoryPage
 * @typedef {{visitId: string, visitTime?: number, referringVisitId: string, transition: string}} PageVisit
 * @typedef {'chromium' | 'firefox'} Family
 * @typedef {'reload' | 'redirectHop' | 'subframe'} Reason  why a visit is left out: nobody looked at a page then
 * @typedef {{url: string, title: string, startedAt: number, newestAt: number}} SeenVisit
 *   `startedAt`: ms since the epoch. `newestAt`: the start of the newest visit to the same page
 * @typedef {{from: number, before: number, visits: SeenVisit[], leftOut: Record<Reason, number>}} HistoryWindow
 *   visits that began in [from, before)
 */

/** No browser has visits from before 2000-01-01, and the server takes none. */
export const EARLIEST = Date.UTC(2000, 0, 1);
const DAY_MS = 24 * 60 * 60 * 1000;
/** The most pages of a window, unless it is one millisecond long, and the number of visits that it should hold. */
const PAGES_OF_WINDOW = 500;
const WANTED_VISITS = 1000;
const ALL_PAGES = 1_000_000;
/** Questions to the browser at one time. */
const QUESTIONS = 25;
/** A page that leads on to another in a shorter time, and has no title, was a redirect. */
const REDIRECT_MS = 1000;

/** @type {Record<string, Reason>} */
const NOT_LOOKED_AT = { reload: 'reload', auto_subframe: 'subframe', manual_subframe: 'subframe', keyword_generated: 'subframe' };

/**
 * The windows before an instant, down to `EARLIEST`. Some are empty.
 * @param {HistoryApi} api
 * @param {Family} family
 * @param {number} before  ms since the epoch
 * @returns {AsyncGenerator<HistoryWindow>}
 */
export async function* windowsBefore(api, family, before) {
  let length = DAY_MS;
  let end = before;
  while (end > EARLIEST) {
    const from = Math.max(EARLIEST, end - length);
    const window = await readWindow(api, family, from, end);
    if (!window) {
      length = Math.max(1, Math.floor((end - from) / 4));
      continue;
    }
    yield window;
    end = from;
    const growth = window.visits.length ? WANTED_VISITS / window.visits.length : 4;
    length = Math.max(1, Math.round(length * Math.min(4, Math.max(0.25, growth))));
  }
}

/**
 * One window, or null when it holds too many pages to be read at once.
 * @param {HistoryApi} api
 * @param {Family} family
 * @param {number} from
 * @param {number} before
 * @returns {Promise<HistoryWindow | null>}
 */
async function readWindow(api, family, from, before) {
  const most = before - from > 1 ? PAGES_OF_WINDOW : ALL_PAGES;
  // In Firefox the visit that a redirect led to may lie behind the window.
  const endTime = family === 'firefox' ? before + REDIRECT_MS : before;
  const pages = await api.search({ text: '', startTime: from, endTime, maxResults: most });
  if (pages.length >= most) return null;
  const read = (await inTurns(pages, ({ url = '', title }) => readPage(api, url, title ?? ''))).filter(({ visits }) => visits.length > 0);
  const ledOn = family === 'firefox' ? leadingOn(read) : null;
  /** @type {HistoryWindow} */
  const window = { from, before, visits: [], leftOut: { reload: 0, redirectHop: 0, subframe: 0 } };
  await inTurns(read, async (page) => {
    const inside = page.visits.filter(({ at }) => at >= from && at < before);
    for (const visit of inside) {
      const isHop = async () => ledOn ? ledOn.has(visit) : inside.length > 1 && !(await isShown(api, page.url, visit.at));
      const reason = NOT_LOOKED_AT[visit.transition] ?? ((await isHop()) ? 'redirectHop' : null);
      if (reason) window.leftOut[reason] += 1;
      else window.visits.push({ url: page.url, title: page.title, startedAt: visit.at, newestAt: page.newestAt });
    }
  });
  return window;
}

/** @typedef {PageVisit & {at: number}} TimedVisit  `at`: `visitTime` as whole ms */
/** @typedef {{url: string, title: string, newestAt: number, visits: TimedVisit[]}} ReadPage */

/**
 * @param {HistoryApi} api
 * @param {string} url
 * @param {string} title
 * @returns {Promise<ReadPage>}
 */
async function readPage(api, url, title) {
  const visits = /^https?:\/\//i.test(url) ? await api.getVisits({ url }) : [];
  // Chromium gives microseconds as a fraction.
  const timed = visits.flatMap((visit) => (visit.visitTime ? [{ ...visit, at: Math.floor(visit.visitTime) }] : []));
  return { url, title, newestAt: timed.reduce((newest, { at }) => Math.max(newest, at), 0), visits: timed };
}

/**
 * True when Chromium's own history shows a visit to a page at this millisecond. It lists no page that only led on to
 * another, but its visits say nothing of that.
 * @param {HistoryApi} api
 * @param {string} url
 * @param {number} at
 */
async function isShown(api, url, at) {
  const pages = await api.search({ text: '', startTime: at, endTime: at + 1, maxResults: ALL_PAGES });
  return pages.some((page) => page.url === url);
}

/**
 * The visits that were redirects. Firefox tells extensions of a redirect as of a link, so a page without a title that
 * led on to another within a second is taken for one.
 * @param {ReadPage[]} pages
 */
function leadingOn(pages) {
  /** @type {Map<string, number>} */
  const next = new Map();
  for (const { visits } of pages) {
    for (const { referringVisitId, at, transition } of visits) {
      if (!(transition in NOT_LOOKED_AT)) next.set(referringVisitId, Math.min(at, next.get(referringVisitId) ?? Infinity));
    }
  }
  const untitled = pages.filter(({ title }) => title === '').flatMap(({ visits }) => visits);
  return new Set(untitled.filter(({ visitId, at }) => (next.get(visitId) ?? Infinity) - at < REDIRECT_MS));
}

/**
 * The results of `work` for each element, in the order of the elements. A few run at one time.
 * @template T, R
 * @param {T[]} elements
 * @param {(element: T) => Promise<R>} work
 * @returns {Promise<R[]>}
 */
async function inTurns(elements, work) {
  /** @type {R[]} */
  const results = [];
  for (let place = 0; place < elements.length; place += QUESTIONS) {
    results.push(...(await Promise.all(elements.slice(place, place + QUESTIONS).map(work))));
  }
  return results;
}
