/**
 * Puts an export of this extension back into it. Records come back as they were, so one that the server has is not sent
 * again, and one that is here in this version or a newer one stays as it is.
 *
 * @typedef {import('../store.js').Kind} Kind
 * @typedef {import('../store.js').Place} Place
 * @typedef {import('../store.js').StoredRecord} StoredRecord
 * @typedef {'not-json' | 'not-ours' | 'later-version' | 'another-account' | 'another-browser'} Refusal
 * @typedef {{anonymousClientId: string, owner: import('./json-export.js').Owner | null, visits: unknown[], aggregates: unknown[]}} Export
 */
import { NO_RULES, pageOf } from '../capture/recording-rules.js';
import { KINDS } from '../store-records.js';
import { WIRE } from '../sync/wire.js';
import { countText } from './formatting.js';
import { FORMAT, FORMAT_VERSION } from './json-export.js';

const SLICE_LENGTH = 500;

/**
 * The content of an export, or why it is none.
 * @param {string} text
 * @returns {{content: Export, refusal?: undefined} | {content?: undefined, refusal: Refusal}}
 */
export function readExport(text) {
  let content;
  try {
    content = JSON.parse(text);
  } catch {
    return { refusal: 'not-json' };
  }
  if (content?.format !== FORMAT || typeof content.anonymousClientId !== 'string') return { refusal: 'not-ours' };
  if (content.version !== FORMAT_VERSION) return { refusal: 'later-version' };
  if (!KINDS.every((kind) => Array.isArray(content[WIRE[kind].list]))) return { refusal: 'not-ours' };
  return { content: { ...content, owner: content.owner ?? null } };
}

/**
 * Why an export cannot come into this browser, or null.
 * @param {Export} content
 * @param {{account: import('../sync/accounts.js').Account | null | undefined, mayTake: boolean}} here
 *   `mayTake`: the browser is the one of the export, or may go on as that one
 * @returns {Refusal | null}
 */
export function whyNotHere({ owner }, { account, mayTake }) {
  if (owner) {
    const sameServer = account && (account.server === owner.server || (account.serverId !== undefined && account.serverId === owner.serverId));
    if (!sameServer || account.user.id !== owner.id) return 'another-account';
  }
  return mayTake ? null : 'another-browser';
}

/**
 * Puts the records of an export into the store.
 * @param {import('../store.js').Store} store
 * @param {string} owner
 * @param {Export} content
 * @param {{rules: import('../capture/recording-rules.js').Rules, now: number, onProgress?: (done: number) => void}} options
 * @returns {Promise<{restored: number, known: number, unreadable: number}>}
 */
export async function restoreAll(store, owner, content, { rules, now, onProgress }) {
  const counts = { restored: 0, known: 0, unreadable: 0 };
  let done = 0;
  for (const kind of KINDS) {
    const list = content[kind];
    for (let from = 0; from < list.length; from += SLICE_LENGTH) {
      const slice = list.slice(from, from + SLICE_LENGTH);
      const read = slice.flatMap((wire) => restoredRecord(kind, wire, owner, now) ?? []);
      const restored = await store.restore(kind, read, rules);
      counts.restored += restored;
      counts.known += read.length - restored;
      counts.unreadable += slice.length - read.length;
      done += slice.length;
      onProgress?.(done);
    }
  }
  return counts;
}

/**
 * @param {Kind} kind
 * @param {any} wire
 * @param {string} owner
 * @param {number} now
 * @returns {{place: Place, record: StoredRecord} | null}
 */
function restoredRecord(kind, wire, owner, now) {
  const record = WIRE[kind].fromWire(wire, owner, (url) => pageOf(url, NO_RULES));
  if (!record) return null;
  const { state, at, errors } = wire.sending ?? {};
  switch (state) {
    case 'sent': return { place: 'synced', record: { ...record, syncedAt: Number.isSafeInteger(at) ? at : now } };
    case 'refused': return { place: 'parked', record: { ...record, errors: errors ?? {}, retryAt: null } };
    case 'held': return { place: 'held', record };
    default: return { place: 'pending', record };
  }
}

/**
 * @param {Refusal} refusal
 * @param {Export | undefined} content
 * @param {string | undefined} server  of the account that is signed in
 */
export function refusalText(refusal, content, server) {
  const whose = content?.owner ? `${content.owner.email} at ${content.owner.server}` : '';
  switch (refusal) {
    case 'not-json': return 'This file is damaged, or it is not JSON. Nothing was imported.';
    case 'not-ours': return 'This file is not an export of this extension. An export from before format version 1 can be imported on the server, at /account/import.';
    case 'later-version': return 'This export was made by a later version of the extension. Update the extension first.';
    case 'another-account': return `These records are of ${whose}. Sign in to that account here first.`;
    default: return `These records were made by another browser, and this one has sent records of its own. Import the file on your server instead${server ? `: ${server}/account/import` : ', at /account/import'}. It keeps the two apart.`;
  }
}

/** @param {{restored: number, known: number, unreadable: number}} counts */
export function importedText({ restored, known, unreadable }) {
  return [
    `Imported ${countText(restored, 'record')}.`, known ? `${countText(known, 'record')} ${known === 1 ? 'was' : 'were'} here already.` : '',
    unreadable ? `${countText(unreadable, 'record')} could not be read.` : '',
  ].filter(Boolean).join(' ');
}
