/**
 * One HTTP call to the server, and its reply sorted into the cases that a sender tells apart:
 *
 * | kind | fields | when |
 * |---|---|---|
 * | `ok` | body | 2xx |
 * | `unauthorized` | error | 401 in the server's error shape |
 * | `too-large` | error | 413, also of a proxy: then `error` is null |
 * | `wait` | retryAfterMs, reason, error | 429, 503, no network, time-out; also a call that its `signal` interrupted |
 * | `refused` | status, error | 400 or 500 in the server's error shape |
 * | `unusable` | status, reason, error | all other replies: this is not the server, or not a usable one |
 *
 * `error` is the server's error, or null where it gave none.
 *
 * @typedef {import('./wire.js').ServerError} ServerError
 * @typedef {{kind: 'ok' | 'unauthorized' | 'too-large' | 'wait' | 'refused' | 'unusable', status?: number, body?: any,
 *   retryAfterMs?: number | null, reason?: string, error?: ServerError | null}} Reply
 * @typedef {{method?: string, token?: string | null, body?: string, compress?: boolean, signal?: AbortSignal}} CallOptions
 * @typedef {(server: string, path: string, options?: CallOptions) => Promise<Reply>} Api
 */
import { isError } from './wire.js';

/** A longer wait asked for by a server is cut to a day. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** The same for a reply that is not in the server's error shape. */
const MAX_FOREIGN_WAIT_MS = 30 * 60 * 1000;

/**
 * @param {object} world
 * @param {(url: string, init: RequestInit) => Promise<Response>} world.fetch
 * @param {() => number} world.now  ms since the epoch
 * @param {number} world.timeoutMs  for the whole exchange
 * @returns {Api}
 */
export function createApi({ fetch, now, timeoutMs }) {
  return async function call(server, path, { method = 'GET', token = null, body, compress = false, signal } = {}) {
    /** @type {Record<string, string>} */
    const headers = { Accept: 'application/json' };
    if (token) headers.Authorization = `Bearer ${token}`;
    if (body !== undefined) headers['Content-Type'] = 'application/json';
    if (compress) headers['Content-Encoding'] = 'gzip';
    let response;
    let text;
    try {
      response = await fetch(server + path, {
        method, headers, body: compress && body !== undefined ? await gzipped(body) : body, redirect: 'manual', credentials: 'omit',
        cache: 'no-store', referrerPolicy: 'no-referrer', signal: AbortSignal.any([AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])]),
      });
      text = await response.text();
    } catch (error) {
      if (signal?.aborted) return { kind: 'wait', retryAfterMs: null, reason: 'interrupted', error: null };
      const late = error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
      return { kind: 'wait', retryAfterMs: null, reason: late ? 'timeout' : 'network', error: null };
    }
    return replyOf(response, parsed(text), now());
  };
}

/**
 * @param {Response} response
 * @param {any} body
 * @param {number} now
 * @returns {Reply}
 */
function replyOf(response, body, now) {
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
  if (status === 401 && error) return { kind: 'unauthorized', error };
  if (status === 413) return { kind: 'too-large', error };
  if (status === 429 || status === 503) {
    const reason = status === 429 ? 'throttled' : 'unavailable';
    const asked = retryAfter(response.headers.get('Retry-After'), now);
    // A proxy's maintenance page may ask for a day. Only the server itself may.
    return { kind: 'wait', retryAfterMs: asked !== null && !error ? Math.min(asked, MAX_FOREIGN_WAIT_MS) : asked, reason, error };
  }
  if ((status === 400 || status === 500) && error) return { kind: 'refused', status, error };
  return { kind: 'unusable', status, reason: error ? 'said-no' : status >= 500 ? 'server-error' : 'not-this-server', error };
}

/**
 * Ms to wait by a Retry-After header in seconds or as a date, or null when the header is absent or invalid.
 * @param {string | null} header
 * @param {number} now
 */
export function retryAfter(header, now) {
  if (!header) return null;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, MAX_WAIT_MS) : null;
}

/**
 * @param {string} text
 * @returns {unknown}
 */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** @param {string} text */
async function gzipped(text) {
  const stream = new Blob([text]).stream().pipeThrough(new CompressionStream('gzip'));
  return new Response(stream).arrayBuffer();
}
