/**
 * One HTTP call to the server, its reply put into one of the few cases that a sender tells apart:
 *   ok            {body}              what was asked for
 *   unauthorized  {error}             401
 *   too-large     {error}             413
 *   wait          {retryAfterMs, reason, error}   429, 503, no network, time-out
 *   refused       {status, error}     400 or 500, said by this server
 *   unusable      {status, reason, error}   anything else: not this server, or not one that will do
 * `error` is the server's own `{code, detail, errors?}` where it gave one.
 * @typedef {{kind: 'ok' | 'unauthorized' | 'too-large' | 'wait' | 'refused' | 'unusable', status?: number, body?: any,
 *   retryAfterMs?: number | null, reason?: string, error?: {code: string, detail: string, errors?: Record<string, string[]>} | null}} Reply
 */
import { isError } from './wire.js';

/** No wait that a server asks for is longer than a day. */
const LONGEST_WAIT = 24 * 60 * 60 * 1000;

/**
 * @param {object} world
 * @param {typeof fetch} world.fetch
 * @param {() => number} world.now  ms since the epoch
 * @param {number} world.timeoutMs  for a whole exchange
 * @param {(text: string) => Promise<BodyInit>} [world.gzip]
 * @returns {(server: string, path: string, options?: {method?: string, token?: string | null, body?: string, compress?: boolean}) => Promise<Reply>}
 */
export function createApi({ fetch, now, timeoutMs, gzip = gzipped }) {
  return async function call(server, path, { method = 'GET', token = null, body, compress = false } = {}) {
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (compress) headers['Content-Encoding'] = 'gzip';
    let response;
    let text;
    try {
      response = await fetch(server + path, {
        method, headers, body: compress ? await gzip(body) : body, redirect: 'manual', credentials: 'omit',
        cache: 'no-store', referrerPolicy: 'no-referrer', signal: AbortSignal.timeout(timeoutMs),
      });
      text = await response.text();
    } catch (error) {
      const late = error?.name === 'TimeoutError' || error?.name === 'AbortError';
      return { kind: 'wait', retryAfterMs: null, reason: late ? 'timeout' : 'network', error: null };
    }
    return judge(response, parsed(text), now());
  };
}

/** @returns {Reply} */
function judge(response, body, now) {
  const { status } = response;
  const error = isError(body) ? body : null;
  if (response.type === 'opaqueredirect' || (status >= 300 && status < 400)) {
    return { kind: 'unusable', status, reason: 'redirect', error: null };
  }
  if (status === 204) return { kind: 'ok', body: null };
  if (status >= 200 && status < 300) {
    const object = body !== null && typeof body === 'object' && !Array.isArray(body);
    return object ? { kind: 'ok', body } : { kind: 'unusable', status, reason: 'not-this-server', error: null };
  }
  if (status === 401) return { kind: 'unauthorized', error };
  if (status === 413) return { kind: 'too-large', error };
  if (status === 429 || status === 503) {
    const reason = status === 429 ? 'throttled' : 'unavailable';
    return { kind: 'wait', retryAfterMs: retryAfter(response.headers.get('Retry-After'), now), reason, error };
  }
  if ((status === 400 || status === 500) && error) return { kind: 'refused', status, error };
  return { kind: 'unusable', status, reason: error ? 'said-no' : 'not-this-server', error };
}

/** Ms to wait by a Retry-After header, in seconds or as a date; null when it says nothing usable. */
export function retryAfter(header, now) {
  if (!header) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, LONGEST_WAIT) : null;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function gzipped(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
