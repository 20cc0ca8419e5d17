// This script runs in a page, and only where the person allows it. The background receives the value of its last
// expression.
(() => {
  /** @param {string} selector */
  const content = (selector) => /** @type {HTMLMetaElement | null} */ (document.querySelector(selector))?.content?.trim() ?? '';
  /**
   * @param {string | undefined} text
   * @param {number} length  in characters
   */
  const short = (text, length) => [...(text ?? '')].slice(0, length).join('');
  const canonical = /** @type {HTMLLinkElement | null} */ (document.querySelector('link[rel="canonical"]'));
  const described = {
    title: short(content('meta[property="og:title"]') || document.title, 300),
    description: short(content('meta[name="description"]') || content('meta[property="og:description"]'), 1000),
    canonicalUrl: short(canonical?.href, 2000),
    language: short(document.documentElement.lang, 35),
    ogType: short(content('meta[property="og:type"]'), 64),
    wordCount: (document.body?.textContent ?? '').slice(0, 2_000_000).match(/[\p{L}\p{N}]+/gu)?.length ?? 0,
  };
  return { url: location.href, metadata: Object.fromEntries(Object.entries(described).filter(([, value]) => value !== '')) };
})();
