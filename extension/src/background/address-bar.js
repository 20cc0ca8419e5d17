/**
 * The search in the address bar: the keyword of the manifest, a blank, and words. The person's own server looks for them
 * as its search page does.
 */
import { unicodeHost } from '../capture/punycode.js';

/** Text of somebody who types on is not looked for. */
const TYPING_PAUSE_MS = 40;
const MOST_SUGGESTIONS = 8;

/**
 * @typedef {{content: string, description: string}} Suggestion  `content` is the URL of a page
 * @typedef {{first: string, suggestions: Suggestion[]}} Suggestions  `first` describes the line that leads to the search page
 * @typedef {{url: string, title: string, visits: number}} FoundPage
 * @typedef {import('../sync/accounts.js').Account} Account
 */

export class AddressBar {
  /**
   * @param {object} world
   * @param {() => Promise<Account | null | undefined>} world.account
   * @param {(key: string, path: string, options: {signal: AbortSignal}) => Promise<import('../sync/api-call.js').Reply | null>} world.call
   * @param {boolean} world.isMarkup  the browser takes descriptions as XML
   * @param {(ms: number) => Promise<unknown>} [world.wait]
   */
  constructor({ account, call, isMarkup, wait = (ms) => new Promise((done) => setTimeout(done, ms)) }) {
    this.account = account;
    this.call = call;
    this.isMarkup = isMarkup;
    this.wait = wait;
    this.latest = new AbortController();
    /** @type {Set<string>} */
    this.suggested = new Set();
  }

  /**
   * The suggestions for a text, or null when the person has typed on meanwhile.
   * @param {string} text
   * @returns {Promise<Suggestions | null>}
   */
  async suggestionsFor(text) {
    this.latest.abort();
    this.latest = new AbortController();
    const { signal } = this.latest;
    const account = await this.account();
    if (!account || account.needsSignIn) return this.none('Sign in to your server to search your history');
    if (!text.trim()) return this.none('Type words of a title or a URL, site:example.org, or after:2025-03');
    await this.wait(TYPING_PAUSE_MS);
    if (signal.aborted) return null;
    const query = new URLSearchParams({ q: text.trim(), limit: String(MOST_SUGGESTIONS) });
    const reply = await this.call(account.key, `/api/insights/search/pages?${query}`, { signal });
    if (signal.aborted) return null;
    if (reply?.kind === 'refused') return this.none(firstError(reply.error) ?? 'The server cannot search for this');
    if (reply?.kind !== 'ok' || !Array.isArray(reply.body.pages)) return this.none('Your server does not answer. Press Enter to open its search');
    const pages = /** @type {unknown[]} */ (reply.body.pages).filter(isFoundPage);
    this.suggested = new Set(pages.map(({ url }) => url));
    const more = reply.body.next === null ? '' : ' to its end';
    return {
      first: this.described(`Search your history for ${text.trim()}${more}`, '', pages.length || more ? '' : 'nothing found'),
      suggestions: pages.map((page) => ({ content: page.url, description: this.describedPage(page) })),
    };
  }

  /**
   * The URL to open for a text: the page of a suggestion that was chosen, or the server's search. Null without an account.
   * @param {string} text
   */
  async urlFor(text) {
    if (this.suggested.has(text)) return text;
    const account = await this.account();
    return account ? `${account.server}/dashboard/history?${new URLSearchParams({ q: text.trim() })}` : null;
  }

  /**
   * @param {string} sentence
   * @returns {Suggestions}
   */
  none(sentence) {
    this.suggested.clear();
    return { first: this.described(sentence, '', ''), suggestions: [] };
  }

  /** @param {FoundPage} page */
  describedPage({ url, title, visits }) {
    return this.described(title, readableUrl(url), visits === 1 ? '' : `${visits} visits`);
  }

  /**
   * @param {string} text
   * @param {string} url
   * @param {string} note
   */
  described(text, url, note) {
    const parts = [['', text], ['url', url], ['dim', note]].filter(([, part]) => part);
    return parts
      .map(([tag, part]) => (this.isMarkup && tag ? `<${tag}>${this.escaped(part)}</${tag}>` : this.escaped(part)))
      .join(' – ');
  }

  /** @param {string} text */
  escaped(text) {
    const line = oneLine(text);
    if (!this.isMarkup) return line;
    return line.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;').replaceAll("'", '&apos;');
  }
}

/**
 * @param {any} page
 * @returns {page is FoundPage}
 */
function isFoundPage(page) {
  return typeof page?.url === 'string' && /^https?:\/\//i.test(page.url) && typeof page.title === 'string' && Number.isInteger(page.visits);
}

/** @param {import('../sync/wire.js').ServerError | null | undefined} error */
function firstError(error) {
  const texts = /** @type {{errors?: {q?: string[]}} | null | undefined} */ (error)?.errors?.q;
  return texts?.[0];
}

/**
 * A text without characters that XML refuses, that nobody sees, or that turn the line around.
 * @param {string} text
 */
function oneLine(text) {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]+/gu, ' ').trim();
}

/** @param {string} url */
function readableUrl(url) {
  try {
    const { hostname, port, pathname, search } = new URL(url);
    const rest = `${pathname}${search}`;
    return `${unicodeHost(hostname).replace(/^www\./, '')}${port && `:${port}`}${rest === '/' ? '' : decoded(rest)}`;
  } catch {
    return url;
  }
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURI(text);
  } catch {
    return text;
  }
}
