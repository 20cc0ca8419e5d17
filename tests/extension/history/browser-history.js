/** A browser's history in memory, which answers as the `history` of Chromium or of Firefox does. */

/** 2025-11-03 09:00:00 UTC. */
export const AT_9 = 1762160400000;

export class BrowserHistory {
  /** @param {'chromium' | 'firefox'} family */
  constructor(family) {
    this.family = family;
    /** @type {any[]} */
    this.visits = [];
    this.titles = new Map();
    this.calls = { search: 0, getVisits: 0 };
    this.search = this.search.bind(this);
    this.getVisits = this.getVisits.bind(this);
  }

  /**
   * @param {string} url
   * @param {number} at  ms, in Chromium with microseconds as a fraction
   * @param {{title?: string, transition?: string, from?: string, hop?: boolean}} [more]  `hop`: it led on to another page
   */
  add(url, at, { title = `Title of ${url}`, transition = 'link', from = '0', hop = false } = {}) {
    const visitId = String(this.visits.length + 1);
    this.visits.push({ url, visitId, visitTime: at, referringVisitId: from, transition, hop });
    if (title || !this.titles.has(url)) this.titles.set(url, title);
    return visitId;
  }

  async search({ startTime, endTime, maxResults }) {
    this.calls.search += 1;
    const isInside = ({ visitTime, hop, transition }) => this.family === 'chromium'
      ? visitTime >= startTime && visitTime < endTime && !hop && !/subframe|keyword_generated/.test(transition)
      : visitTime >= startTime && visitTime <= endTime;
    const urls = [...new Set(this.visits.filter(isInside).sort((a, b) => b.visitTime - a.visitTime).map(({ url }) => url))];
    return urls.slice(0, maxResults).map((url) => ({ id: url, url, title: this.titles.get(url) }));
  }

  async getVisits({ url }) {
    this.calls.getVisits += 1;
    return this.visits.filter((visit) => visit.url === url).map(({ hop: _, url: __, ...visit }) => visit);
  }
}
