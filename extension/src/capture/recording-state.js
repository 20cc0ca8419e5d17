/**
 * The state of the recording and the events that change it.
 *
 * Each event has `type` and `now` (ms since the epoch). The recorder adds `run` and `tick`: the id of this run of the
 * background and the ms since the run began. It also adds `idleAfterGap`, the browser's word on the person, after a
 * long silence.
 *
 * @typedef {import('./visits-and-totals.js').Visit} Visit
 * @typedef {import('./visits-and-totals.js').Totals} Totals
 * @typedef {import('./visits-and-totals.js').Aggregate} Aggregate
 * @typedef {import('./visits-and-totals.js').AwayReason} AwayReason
 * @typedef {import('./recording-rules.js').Rules} Rules
 * @typedef {import('../timings.js').Timings} Timings
 *
 * @typedef {'active' | 'idle' | 'locked'} IdleState
 * @typedef {number | 'resumed' | null} PausedUntil  `resumed`: until the person resumes
 * @typedef {{tabId: number, windowId: number, active: boolean, url?: string, title?: string, audible?: boolean}} SeenTab
 * @typedef {{windowId: number, focused: boolean, last?: boolean}} SeenWindow
 * @typedef {{tabs: SeenTab[], windows: SeenWindow[]}} Snapshot  the browser's tabs and windows at this moment
 *
 * @typedef {{now: number, run?: string, tick?: number, ticksInSleep?: boolean, nonce?: string, idleAfterGap?: IdleState,
 *   seenFocus?: number | null, seenMinimized?: boolean, goneTabId?: number}} EventBase  `seenFocus`: the window that has the
 *   focus by the browser's own answer. `seenMinimized`: the window that had it last is minimised. `goneTabId`: the tab in front, whose page has crashed.
 * @typedef {EventBase & {type: 'updated', tabId: number, title?: string, url?: string, read?: boolean, audible?: boolean,
 *   documentId?: string | null}} UpdatedEvent
 *   `url` is the tab's URL at that moment. A `read` title was not announced, it stood in the tab. `documentId`: the
 *   document that the tab holds now.
 * @typedef {EventBase & {type: 'metadata', tabId: number, url: string, metadata: object}} MetadataEvent
 * @typedef {EventBase & {type: 'owner', owner: string, adopt: boolean}} OwnerEvent
 * @typedef {(EventBase & {type: 'start', fresh: boolean, reinstalled?: boolean, unseen?: boolean, idle?: IdleState} & Snapshot)
 *   | (EventBase & {type: 'snapshot', unseen?: boolean} & Snapshot)
 *   | (EventBase & {type: 'created', tabId: number, windowId: number, active: boolean})
 *   | (EventBase & {type: 'removed', tabId: number})
 *   | (EventBase & {type: 'replaced', tabId: number, oldTabId: number})
 *   | (EventBase & {type: 'activated', tabId: number, windowId: number})
 *   | (EventBase & {type: 'detached', tabId: number})
 *   | (EventBase & {type: 'attached', tabId: number, windowId: number} & Snapshot)
 *   | (EventBase & {type: 'navigated', tabId: number, url: string, sameDocument?: boolean, windowId?: number, documentId?: string})
 *   | (EventBase & {type: 'failed', tabId: number, url: string})
 *   | UpdatedEvent | MetadataEvent | OwnerEvent
 *   | (EventBase & {type: 'focus', windowId: number | null})
 *   | (EventBase & {type: 'idle', idle: IdleState, fullscreen?: boolean})
 *   | (EventBase & {type: 'heartbeat', fullscreen?: boolean})
 *   | (EventBase & {type: 'rules', rules: Rules} & Snapshot)
 *   | (EventBase & {type: 'pause', until: number | 'resumed'})
 *   | (EventBase & {type: 'pause', until: null} & Snapshot)
 *   | (EventBase & {type: 'erased', erasures: import('./erasure-rules.js').Erasure[]})
 *   | (EventBase & {type: 'presence', soundCounts: boolean})
 *   | (EventBase & {type: 'erase'})} Event
 *   `start`: the background began; `fresh`: the browser began too, or, where `reinstalled`, perhaps the extension alone. `unseen`: events before this snapshot are lost.
 *
 * @typedef {{id: number, windowId: number | null, audible: boolean, page: import('./recording-rules.js').Page | null,
 *   title: string, failed: string | null, metadata: object, totals: Totals, visit: Visit | null,
 *   before?: {at: number, visit: Visit, totals: Totals} | null, retitled?: {at: number, old: string} | null,
 *   anchor?: {at: number, url: string} | null, early?: {url: string, title: string} | null, withheld?: boolean,
 *   leftAt?: number | null, documentId?: string | null, recordedAs?: number}} Tab
 *   `visit` is the latest visit of the present page, ended or not. `failed` is the URL of the error page in the tab.
 *   `before` is the visit that the latest same-document change ended, with the totals without it. `retitled`: when the
 *   title changed last, and the title before. `anchor`: the latest jump within the page. `early` is the title of a page
 *   whose navigation is not known yet. `leftAt`: when the visit ended, until its late title has come. `withheld`: the tab still shows the title of a page that is not recorded.
 *   `documentId`: the document that was committed last. `recordedAs`: the number of this tab in records, where the browser has given it another id since.
 * @typedef {{owner: string, lastSeen: number, run: string, tick: number, idle: IdleState, fullscreen: boolean,
 *   focused: boolean, focusedId: number | null, asleep: boolean, windowId: number | null,
 *   activeTabs: Record<number, number>, openTabId: number | null, pausedUntil: PausedUntil, rules: Rules,
 *   minimized?: boolean, soundCounts?: boolean, moving?: {tabId: number, at: number, visit: Visit, totals: Totals} | null}} State
 *   `windowId` is the window in front, `focusedId` the window that the browser called focused. `asleep`: the machine
 *   woke and nobody has been seen since. `openTabId` is the tab of the visit that goes on. `minimized`: the window in
 *   front is minimised. `soundCounts`: a page with sound is watched while another program has the focus, too; the person
 *   can switch that off. `moving`: the tab in front that was taken out of its window last, its open visit then, and the
 *   totals without that visit.
 * @typedef {Map<number, Tab>} Tabs
 */
import { NO_RULES } from './recording-rules.js';

/**
 * @param {number} now
 * @returns {State}
 */
export function firstState(now) {
  return {
    owner: '', lastSeen: now, run: '', tick: 0, idle: 'active', fullscreen: false, focused: false, focusedId: null, asleep: false,
    windowId: null, activeTabs: {}, openTabId: null, pausedUntil: null, rules: NO_RULES,
  };
}
