/**
 * Tells the commit of an error page from the commit of a page. Firefox commits the error page, under the URL that
 * failed, right after it reports the error. Chromium reports the error alone. A new attempt begins with
 * `onBeforeNavigate` in both.
 */
export class ErrorPages {
  /** @type {Map<number, string>} */
  #failed = new Map();

  /** @param {number} tabId  of a navigation that begins, or of a tab that is closed */
  forget(tabId) {
    this.#failed.delete(tabId);
  }

  /**
   * @param {number} tabId
   * @param {string} url
   */
  add(tabId, url) {
    this.#failed.set(tabId, url);
  }

  /**
   * @param {number} tabId
   * @param {string} url
   */
  has(tabId, url) {
    return this.#failed.get(tabId) === url;
  }
}
