import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_RULES, faultyPattern, matches, pageOf, patternsIn, samePage } from '../../../extension/src/capture/recording-rules.js';

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
