import assert from 'node:assert/strict';
import { test } from 'node:test';
import { erasesVisit, resolved, suffixesOf, totalsAfter } from '../../../extension/src/capture/erasure-rules.js';
import { CLIENT, concernsVisit, hashOf, sitesLeft } from '../erasing-server.js';

const KEY = '0123456789abcdef'.repeat(4);
const SITES = ['a.test', 'docs.a.test', 'deep.docs.a.test', 'nota.test', 'b.test', 'localhost:8000', 'localhost', '127.0.0.1:8000', '[::1]:8000', 'xn--bcher-kva.test', 'test'];
const IDS = ['pv_1', 'pv_2', 'pv_3'];

/** A generator of numbers from 0 to below 1 that repeats for a seed. */
function numbers(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function drawer(seed) {
  const next = numbers(seed);
  const below = (n) => Math.floor(next() * n);
  const one = (list) => list[below(list.length)];
  const maybe = (make) => (next() < 0.4 ? make() : undefined);
  const some = (list) => list.filter(() => next() < 0.5);
  const rule = () => {
    const drawn = {
      domainHash: maybe(() => hashOf(KEY, one([...SITES, 'unknown.test', 'com']))), from: maybe(() => below(10)), to: maybe(() => below(10)),
      browser: maybe(() => one([CLIENT, 'another'])), idHashes: maybe(() => some(IDS).map((id) => hashOf(KEY, `${one([CLIENT, 'another'])}\0${id}`).slice(0, 32))),
    };
    const given = Object.fromEntries(Object.entries(drawn).filter(([, value]) => value !== undefined));
    return Object.keys(given).length ? given : { everything: true };
  };
  return { below, one, some, erasure: () => ({ at: below(12), rule: rule() }) };
}

const known = { key: KEY, browser: CLIENT, sites: SITES, ids: IDS };

test('for every rule the extension erases the visits that the server erases', async () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const { below, one, erasure } = drawer(seed);
    const erasures = Array.from({ length: 1 + below(3) }, erasure);
    const rules = await resolved(erasures, known);
    for (let n = 0; n < 20; n += 1) {
      const visit = { id: one(IDS), startedAt: below(12), domain: one(SITES) };
      const expected = erasures.some((each) => concernsVisit(KEY, each, { browser: CLIENT, id: visit.id, startedAt: visit.startedAt, site: visit.domain }));
      assert.equal(erasesVisit(rules, visit), expected, JSON.stringify({ seed, erasures, visit }));
    }
  }
});

test('for every rule the totals of a tab keep the sites that the server keeps', async () => {
  for (let seed = 1; seed <= 400; seed += 1) {
    const { below, one, some, erasure } = drawer(seed);
    const erasures = Array.from({ length: 1 + below(3) }, erasure);
    const startedAt = below(10);
    const lastActiveAt = startedAt + below(4);
    const closedAt = one([null, lastActiveAt + below(3)]);
    const sites = some(SITES);
    const totals = {
      startedAt, lastActiveAt, closedAt, domains: Object.fromEntries(sites.map((site) => [site, 5])), activeMs: 5 * sites.length,
      currentUrl: 'https://a.test/', currentDomain: one([null, ...sites]), revision: 3,
    };
    const lifeEnd = Math.max(lastActiveAt, closedAt ?? 0);
    const left = totalsAfter(await resolved(erasures, known), totals);
    const expected = sitesLeft(KEY, erasures, { browser: CLIENT, startedAt, lifeEnd, sites });
    const shown = JSON.stringify({ seed, erasures, totals });
    assert.deepEqual(left && Object.keys(left.domains).sort(), expected && [...expected].sort(), shown);
    if (!left) continue;
    assert.equal(left.activeMs, 5 * Object.keys(left.domains).length, shown);
    assert.equal(left.currentDomain, sites.length && expected?.includes(totals.currentDomain ?? '') ? totals.currentDomain : null, shown);
    assert.equal(left === totals, left.revision === 3, shown);
  }
});

test('a domain covers its subdomains and no name that only ends alike', async () => {
  const rule = [{ at: 10, rule: { domainHash: hashOf(KEY, 'a.test') } }];
  const [{ sites }] = await resolved(rule, known);
  assert.deepEqual(sites?.sort(), ['a.test', 'deep.docs.a.test', 'docs.a.test']);
  const plain = await resolved([{ at: 10, rule: { domain: 'a.test' } }], { ...known, key: null });
  assert.deepEqual(plain[0].sites?.sort(), ['a.test', 'deep.docs.a.test', 'docs.a.test']);
});

test('a hash is that of the server', async () => {
  // hmac.digest(bytes.fromhex('0123456789abcdef' * 4), b'a.test', 'sha256').hex()
  assert.equal(hashOf(KEY, 'a.test'), '027e60eb1732f522bd973bfe179e9908490a14ffd0f4beff5762fa97c35d96c9');
  assert.deepEqual(suffixesOf('docs.example.org'), ['docs.example.org', 'example.org', 'org']);
});

test('a rule that the person made here names single visits of this browser', async () => {
  const rule = { ids: [{ browser: CLIENT, id: 'pv_2' }, { browser: 'another', id: 'pv_1' }] };
  const erasures = await resolved([{ at: 100, rule }], { key: null, browser: CLIENT, sites: SITES, ids: IDS });
  assert.deepEqual(IDS.filter((id) => erasesVisit(erasures, { id, startedAt: 1, domain: 'a.test' })), ['pv_2']);
});
