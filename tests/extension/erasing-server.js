/**
 * A sync server in memory that keeps erasures as the contract of the API says. Its rule is told in its own words, with
 * Node's crypto, and imports nothing of the extension.
 */
import { createHmac } from 'node:crypto';
import { ScriptedServer, error, json } from './scripted-server.js';

export const CLIENT = 'client 1';

/**
 * @param {string} key  in hex
 * @param {string} text
 */
export const hashOf = (key, text) => createHmac('sha256', Buffer.from(key, 'hex')).update(text).digest('hex');

/**
 * @param {string} key
 * @param {string} site
 * @param {string} domainHash
 */
function isOnDomain(key, site, domainHash) {
  for (let rest = site; ; rest = rest.slice(rest.indexOf('.') + 1)) {
    if (hashOf(key, rest) === domainHash) return true;
    if (!rest.includes('.')) return false;
  }
}

/**
 * @param {string} key
 * @param {{at: number, rule: any}} erasure
 * @param {{browser: string, id: string, startedAt: number, site: string}} visit
 */
export function concernsVisit(key, { at, rule }, { browser, id, startedAt, site }) {
  if (startedAt >= at) return false;
  if (rule.from !== undefined && startedAt < rule.from) return false;
  if (rule.to !== undefined && startedAt >= rule.to) return false;
  if (rule.browser !== undefined && rule.browser !== browser) return false;
  if (rule.idHashes && !rule.idHashes.includes(hashOf(key, `${browser}\0${id}`).slice(0, 32))) return false;
  return rule.domainHash === undefined || isOnDomain(key, site, rule.domainHash);
}

/**
 * The sites left in a tab's totals, or null where the totals are erased.
 * @param {string} key
 * @param {{at: number, rule: any}[]} erasures
 * @param {{browser: string, startedAt: number, lifeEnd: number, sites: string[]}} totals
 */
export function sitesLeft(key, erasures, { browser, startedAt, lifeEnd, sites }) {
  let left = sites;
  for (const erasure of erasures) {
    const { to, idHashes, domainHash } = erasure.rule;
    if (idHashes || (to !== undefined && domainHash === undefined && lifeEnd >= to)) continue;
    const rest = { at: erasure.at, rule: { ...erasure.rule, domainHash: undefined } };
    if (!concernsVisit(key, rest, { browser, id: '', startedAt, site: '' })) continue;
    if (domainHash === undefined) return null;
    left = left.filter((site) => !isOnDomain(key, site, domainHash));
  }
  return left;
}

export class ErasingServer extends ScriptedServer {
  constructor() {
    super();
    this.key = '00ff'.repeat(16);
    this.epoch = 1;
    this.time = 0;
    /** @type {{id: string, at: number, rule: any}[]} */
    this.erasures = [];
    this.pageLength = 2;
  }

  /**
   * Erases as another program of the person does.
   * @param {{domain?: string, ids?: {browser: string, id: string}[], [condition: string]: unknown}} rule
   * @param {number} [at]
   */
  erase({ domain, ids, ...rest }, at = this.time) {
    const rule = {
      ...rest, ...(domain === undefined ? {} : { domainHash: hashOf(this.key, domain) }),
      ...(ids ? { idHashes: ids.map(({ browser, id }) => hashOf(this.key, `${browser}\0${id}`).slice(0, 32)) } : {}),
    };
    const erasure = { id: String(this.erasures.length + 1), at, rule };
    const before = this.rows.visits.size;
    for (const [id, visit] of this.rows.visits) if (this.isErased(visit, [erasure])) this.rows.visits.delete(id);
    this.erasures.push(erasure);
    return { erasure, erased: { pageVisits: before - this.rows.visits.size, tabAggregates: 0 }, done: true };
  }

  isErased(visit, erasures = this.erasures) {
    const site = new URL(visit.url).hostname.replace(/^www\./, '');
    return erasures.some((erasure) => concernsVisit(this.key, erasure, { browser: CLIENT, id: visit.id, startedAt: visit.startedAt, site }));
  }

  own(request) {
    const isGated = ['/api/sync/status', '/api/sync/changes', '/api/sync/erasures'].includes(request.path);
    if (isGated && request.token !== this.access) return error(401, 'token_expired');
    switch (request.path) {
      case '/api/sync/status':
        return json(200, {
          browsers: [{ anonymousClientId: CLIENT, kind: 'extension', label: '', pageVisits: this.rows.visits.size, tabAggregates: this.rows.aggregates.size }],
          seq: this.erasures.length, serverTime: this.time, erasureKey: this.key,
        });
      case '/api/sync/changes': {
        const [epoch, start] = (request.query.get('cursor') ?? `${this.epoch}.0`).split('.').map(Number);
        if (epoch !== this.epoch || start > this.erasures.length) return error(410, 'resync_required');
        const page = this.erasures.slice(start, start + this.pageLength);
        return json(200, {
          changes: page.map((erasure) => ({ kind: 'erasure', erasure })), cursor: `${epoch}.${start + page.length}`,
          more: start + page.length < this.erasures.length, serverTime: this.time,
        });
      }
      case '/api/sync/erasures':
        return json(200, request.body.preview ? { erasure: null, erased: { pageVisits: 0, tabAggregates: 0 }, done: true } : this.erase(request.body.rule));
      default:
        return super.own(request);
    }
  }

  push(request, kind, keyOf) {
    if (kind !== 'visits' || request.token !== this.access) return super.push(request, kind, keyOf);
    const rows = this.rows.visits;
    const results = request.body.visits.map((visit) => {
      if (this.isErased(visit)) return 'erased';
      const known = rows.get(visit.id);
      if (known && known.revision >= visit.revision) return 'unchanged';
      rows.set(visit.id, visit);
      return known ? 'updated' : 'created';
    });
    return json(200, { results, rejected: [], trimmed: [], serverTime: this.time });
  }
}
