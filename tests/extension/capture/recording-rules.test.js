import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES, mergedRules, pageOf, samePage } from '../../../extension/src/capture/recording-rules.js';
import { unicodeHost } from '../../../extension/src/capture/punycode.js';
import { faultyPattern, matches, patternsIn } from '../../../extension/src/capture/site-patterns.js';
import { coveredText } from '../../../extension/src/pages/covered-sites.js';

const rules = (changes) => ({ ...NO_RULES, ...changes });
const covers = (pattern, url) => matches(pattern, new URL(url));

test('only http and https pages are recorded', () => {
  for (const url of [undefined, '', 'about:blank', 'chrome://newtab/', 'file:///etc/x', 'javascript:1', 'http://[', 'https://a.test:99999/']) {
    assert.equal(pageOf(url, NO_RULES), null, String(url));
  }
});

test('the domain is in lower case and without www', () => {
  assert.deepEqual(pageOf('https://www.Example.TEST:8443/A', NO_RULES), {
    url: 'https://www.Example.TEST:8443/A', domain: 'example.test', nameless: false,
  });
});

test('the characters of a URL are kept as the browser has them', () => {
  const url = 'https://a.test/x|y?q=ü#one#two';
  assert.equal(pageOf(url, NO_RULES)?.url, url);
});

test('a very long URL is cut to the length that the server keeps, and to whole characters', () => {
  assert.equal(pageOf(`https://a.test/?${'x'.repeat(2_000_000)}`, NO_RULES)?.url.length, 8192);
  assert.equal(pageOf(`https://a.test/${'x'.repeat(8192 - 16)}😀`, NO_RULES)?.url.length, 8191);
  assert.equal(pageOf(`https://secret.test/?${'x'.repeat(9000)}token`, rules({ never: ['secret.test/*token'] })), null);
});

test('credentials are never kept', () => {
  assert.equal(pageOf('https://alice:secret@a.test/x@y', NO_RULES)?.url, 'https://a.test/x@y');
  assert.equal(pageOf('http://alice@a.test', NO_RULES)?.url, 'http://a.test');
});

test('a site is covered with its subdomains and no other site', () => {
  assert.equal(covers('bank.test', 'https://bank.test/'), true);
  assert.equal(covers('bank.test', 'https://my.bank.test/login'), true);
  assert.equal(covers('bank.test', 'https://notbank.test/'), false);
  assert.equal(covers('bank.test', 'https://bank.test.evil.test/'), false);
  assert.equal(covers('www.bank.test', 'https://bank.test/'), true);
  assert.equal(covers('https://bank.test/', 'http://bank.test:8080/x'), true);
  assert.equal(covers('BANK.test', 'https://bank.test/'), true);
  assert.equal(covers('bank.test', 'https://bank.test./'), true);
});

test('a star stands for any characters', () => {
  assert.equal(covers('*.bank.test', 'https://my.bank.test/'), true);
  assert.equal(covers('*.bank.test', 'https://bank.test/'), true);
  assert.equal(covers('*mail*', 'https://webmail.test/'), true);
  assert.equal(covers('*mail*', 'https://a.test/mail'), false);
  assert.equal(covers('*', 'https://a.test/'), true);
  assert.equal(covers('a.b*', 'https://axb.test/'), false);
});

test('a path limits a pattern to URLs below it', () => {
  assert.equal(covers('a.test/private', 'https://a.test/private/1'), true);
  assert.equal(covers('a.test/private', 'https://a.test/public'), false);
  assert.equal(covers('a.test/*/edit', 'https://a.test/page/edit?x'), true);
});

test('a site with letters beyond ASCII is covered as it is typed', () => {
  assert.equal(covers('bücher.test', 'https://xn--bcher-kva.test/'), true);
});

const TYPED = [
  ['*bücher*', 'https://www.xn--bcher-kva.example/', 'https://books.example/'],
  ['*.bücher.example', 'https://shop.xn--bcher-kva.example/', 'https://xn--bcher-kva.test/'],
  ['*xn--bcher*', 'https://xn--bcher-kva.example/', 'https://books.example/'],
  ['BÜCHER.example', 'https://xn--bcher-kva.example/', 'https://bucher.example/'],
  ['example.com.', 'https://example.com/', 'https://example.org/'],
  ['.example.com', 'https://mail.example.com/', 'https://notexample.com/'],
  ['example.com/grün', 'https://example.com/gr%C3%BCn/1', 'https://example.com/gr%C3%BCnde'],
  ['example.com/gr%C3%BCn', 'https://example.com/gr%c3%bcn', 'https://example.com/blau'],
  ['example.com/#/inbox', 'https://example.com/#/inbox/5', 'https://example.com/#/sent'],
  ['example.com#inbox', 'https://example.com/#inbox', 'https://example.com/#sent'],
  ['example.com?id=5', 'https://example.com/?id=5&x', 'https://example.com/?id=55'],
  ['example.*', 'https://www.example.co.uk/', 'https://myexample.com/'],
  ['www.example.*', 'https://example.org/', 'https://sample.org/'],
  ['localhost:8000', 'http://localhost:8000/x', 'http://localhost:3000/x'],
  ['example.com:443', 'https://example.com/', 'http://example.com/'],
  ['localhost', 'http://localhost:3000/', 'http://local.test/'],
  ['localhost:*', 'http://localhost:3000/', 'http://local.test/'],
  ['[::1]:8000', 'http://[::1]:8000/', 'http://[::1]:9000/'],
  ['192.168.*', 'http://192.168.1.5:8080/', 'http://10.168.1.5/'],
  ['example.com/private', 'https://example.com/private?x', 'https://example.com/privateer'],
  ['example.com/private/', 'https://example.com/private/1', 'https://example.com/private'],
  ['example.com/priv*', 'https://example.com/privateer', 'https://example.com/public'],
  ['*://example.com/', 'http://example.com/x', 'http://example.org/x'],
];
for (const [pattern, covered, other] of TYPED) {
  test(`${pattern} covers ${covered} and not ${other}`, () => {
    assert.equal(faultyPattern([pattern]), null);
    assert.deepEqual([covers(pattern, covered), covers(pattern, other)], [true, false]);
  });
}

test('a pattern that can never match is faulty', () => {
  for (const pattern of ['www.', 'www.*', '*.', '.', '', '..', 'a..b', 'ftp://a.test', 'chrome://settings', 'http://', 'a b', '*@*', 'a.test:99999', '*.a.test:8000x', '[', '300.1.1.1']) {
    assert.equal(faultyPattern([pattern]), pattern);
  }
});

test('a host in ASCII is read in its letters', () => {
  assert.equal(unicodeHost('www.xn--bcher-kva.example'), 'www.bücher.example');
  assert.equal(unicodeHost('xn--r8jz45g.xn--zckzah'), '例え.テスト');
  assert.equal(unicodeHost('xn--fiqs8s.test'), '中国.test');
  assert.equal(unicodeHost('xn--.test'), '.test');
  assert.equal(unicodeHost('xn--99999999.test'), 'xn--99999999.test');
});

test('a line tells the sites of the last week that it covers', () => {
  const urls = new Map([['https://mail.a.test/x', 'mail.a.test'], ['https://a.test/', 'a.test'], ['https://b.test/', 'b.test']]);
  assert.equal(coveredText('a.test', urls), 'a.test: a.test, mail.a.test');
  assert.equal(coveredText('c.test', urls), 'c.test: no site of the last week');
  assert.equal(coveredText('www.', urls), 'www.: can never match a site');
  assert.match(coveredText('*', new Map([1, 2, 3, 4, 5, 6, 7].map((n) => [`https://${n}.test/`, `${n}.test`]))), /5\.test and 2 more$/);
});

test('the pages of the person\'s own server are not recorded', () => {
  const own = (url, ...ownServers) => pageOf(url, { ...NO_RULES, ownServers });
  assert.equal(own('http://127.0.0.1:8000/dashboard', 'http://127.0.0.1:8000'), null);
  assert.notEqual(own('http://127.0.0.1:3000/', 'http://127.0.0.1:8000'), null);
  assert.equal(own('https://example.org/sync/login', 'https://example.org/sync'), null);
  assert.notEqual(own('https://example.org/synchron', 'https://example.org/sync'), null);
  assert.equal(own('http://localhost:8000/dashboard', 'http://127.0.0.1:8000', 'http://localhost:8000'), null);
});

test('`never` wins over other rules', () => {
  assert.equal(pageOf('https://x.bank.test/', rules({ never: ['bank.test'], domainOnly: ['bank.test'] })), null);
});

test('a domain-only page keeps neither path nor query', () => {
  assert.deepEqual(pageOf('https://a.test:8443/p?q#f', rules({ domainOnly: ['a.test'] })), {
    url: 'https://a.test:8443/', domain: 'a.test', nameless: true,
  });
});

test('stripping a query also strips the fragment', () => {
  assert.equal(pageOf('https://a.test/p?token=1#x', rules({ stripQuery: ['*'] }))?.url, 'https://a.test/p');
  assert.equal(pageOf('https://a.test/p#access_token=1', rules({ stripQuery: ['a.test'] }))?.url, 'https://a.test/p');
  assert.equal(pageOf('https://b.test/p?token=1', rules({ stripQuery: ['a.test'] }))?.url, 'https://b.test/p?token=1');
});

test('fragments that scroll are one page, fragments that route are several', () => {
  assert.equal(samePage('https://a.test/x#one', 'https://a.test/x#two'), true);
  assert.equal(samePage('https://a.test/x', 'https://a.test/x#'), true);
  assert.equal(samePage('https://a.test/x#/one', 'https://a.test/x#/two'), false);
  assert.equal(samePage('https://a.test/x?1', 'https://a.test/x?2'), false);
});

test('a list of patterns loses blanks and repeats, and its first faulty line is named', () => {
  assert.deepEqual(patternsIn(' a.test \n\nb.test\na.test\n'), ['a.test', 'b.test']);
  assert.equal(faultyPattern(['a.test', '*.b.test/x']), null);
  assert.equal(faultyPattern(['a.test', 'not a site']), 'not a site');
  assert.equal(faultyPattern(['/only/a/path']), '/only/a/path');
});

test('a rule that was set elsewhere while a person edited the lists stays, and one that was removed stays away', () => {
  const lists = (...never) => rules({ never });
  assert.deepEqual(mergedRules(lists('a.test', 'new.test'), lists('a.test'), lists('a.test', 'popup.test')).never, ['a.test', 'new.test', 'popup.test']);
  assert.deepEqual(mergedRules(lists('new.test'), lists('a.test'), lists('a.test')).never, ['new.test']);
  assert.deepEqual(mergedRules(lists('a.test', 'b.test'), lists('a.test', 'b.test'), lists('b.test')).never, ['b.test']);
  assert.deepEqual(mergedRules(rules({ stripQuery: ['a.test'] }), NO_RULES, rules({ domainOnly: ['b.test'] })), rules({ stripQuery: ['a.test'], domainOnly: ['b.test'] }));
});
