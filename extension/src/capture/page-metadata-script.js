// Run in a page only where the person allows it; its last value is what the background receives.
(() => {
  const meta = (selector) => document.querySelector(selector)?.content?.trim() ?? '';
  const short = (text, length) => [...(text ?? '')].slice(0, length).join('');
  const described = {
    title: short(meta('meta[property="og:title"]') || document.title, 300),
    description: short(meta('meta[name="description"]') || meta('meta[property="og:description"]'), 1000),
    canonicalUrl: short(document.querySelector('link[rel="canonical"]')?.href, 2000),
    language: short(document.documentElement.lang, 35),
    ogType: short(meta('meta[property="og:type"]'), 64),
    wordCount: (document.body?.textContent ?? '').slice(0, 2_000_000).match(/[\p{L}\p{N}]+/gu)?.length ?? 0,
  };
  return { url: location.href, metadata: Object.fromEntries(Object.entries(described).filter(([, value]) => value !== '')) };
})();
