/** A sync server in memory. A test can set its next replies. */
import { gunzipSync } from 'node:zlib';

export const LIMITS = { maxRecords: 3, maxBodyBytes: 100_000, maxRecordBytes: 10_000, minSyncIntervalSeconds: 60 };

export function json(status, body, headers = {}) {
  return new Response(body === null ? null : JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json', ...headers } });
}

export const error = (status, code, headers) => json(status, { code, detail: `${code}.` }, headers);

export class ScriptedServer {
  constructor() {
    this.limits = LIMITS;
    this.rows = { visits: new Map(), aggregates: new Map() };
    this.requests = [];
    this.access = 'access 1';
    this.refreshToken = 'refresh 1';
    this.refreshes = 0;
    /**
     * The next replies by path, before the server's own: responses, functions of the request, or errors to throw.
     * @type {Map<string, any[]>}
     */
    this.script = new Map();
    this.fetch = (url, init) => this.answer(new URL(url), init);
  }

  /** Sets the next replies to pushes of visits. */
  next(...replies) {
    this.script.set('/api/sync/page-visits', replies);
  }

  get pushes() {
    return this.requests.filter(({ path }) => path === '/api/sync/page-visits').map(({ body }) => body.visits.map(({ id }) => id));
  }

  async answer({ pathname: path, searchParams: query }, { method, headers, body }) {
    const text = headers['Content-Encoding'] === 'gzip' ? gunzipSync(Buffer.from(body)).toString() : body;
    const request = { path, query, method, token: headers.Authorization?.slice(7) ?? null, body: text === undefined ? null : JSON.parse(text) };
    this.requests.push(request);
    const scripted = this.script.get(path)?.shift();
    if (scripted instanceof Error) throw scripted;
    if (typeof scripted === 'function') return scripted(request, this);
    if (scripted) return scripted;
    return this.own(request);
  }

  own(request) {
    switch (request.path) {
      case '/api/sync/limits':
        return json(200, this.limits);
      case '/api/auth/refresh':
        if (request.body.refresh !== this.refreshToken) return error(401, 'not_authenticated');
        this.refreshes += 1;
        this.access = `access ${this.refreshes + 1}`;
        this.refreshToken = `refresh ${this.refreshes + 1}`;
        return json(200, { access: this.access, refresh: this.refreshToken });
      case '/api/auth/logout':
        return new Response(null, { status: 204 });
      case '/api/sync/page-visits':
        return this.push(request, 'visits', ({ id }) => id);
      case '/api/sync/tab-aggregates':
        return this.push(request, 'aggregates', ({ tabId, startTime }) => `${tabId} ${startTime}`);
      default:
        return error(404, 'not_found');
    }
  }

  push(request, kind, keyOf) {
    if (request.token !== this.access) return error(401, 'token_expired');
    const rows = this.rows[kind];
    const results = request.body[kind].map((record) => {
      const known = rows.get(keyOf(record));
      if (known && known.revision >= record.revision) return 'unchanged';
      rows.set(keyOf(record), record);
      return known ? 'updated' : 'created';
    });
    return json(200, { results, rejected: [], trimmed: [], serverTime: 0 });
  }
}
