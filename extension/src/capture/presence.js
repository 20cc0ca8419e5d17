/**
 * Whether the person is there, by the state of the recording. A page with sound and a full screen count as presence.
 *
 * @typedef {import('./recording-state.js').State} State
 * @typedef {import('./recording-state.js').Tabs} Tabs
 * @typedef {import('../timings.js').Timings} Timings
 * @typedef {import('./visits-and-totals.js').AwayReason} AwayReason
 */

/**
 * Why the person is away from the page in front, or null. A person watches sound or full screen without any input, so
 * these count as presence. A page with sound is also watched beside another program, as long as its window can be seen.
 * @param {State} state
 * @param {Tabs} tabs
 * @returns {AwayReason | null}
 */
export function awayReason(state, tabs) {
  if (state.idle === 'locked') return 'locked';
  const audible = state.openTabId !== null && Boolean(tabs.get(state.openTabId)?.audible);
  if (!state.focused && !(audible && state.soundCounts !== false && !state.minimized)) return 'unfocused';
  return state.idle === 'idle' && !state.fullscreen && !audible ? 'idle' : null;
}

/**
 * Seconds between two heartbeats, or null when no page is open that needs them.
 * @param {State} state
 * @param {Tabs} tabs
 * @param {Timings} timings
 */
export function heartbeatSeconds(state, tabs, timings) {
  if (state.openTabId === null) return null;
  return awayReason(state, tabs) === null ? timings.heartbeatSeconds : timings.awayHeartbeatSeconds;
}

/**
 * True when only the browser can tell that the person is back: they use the machine, but no window of the browser.
 * @param {State} state
 */
export function needsFocusCheck(state) {
  return state.openTabId !== null && !state.focused && state.idle === 'active';
}

/**
 * True when the browser's answer on the focus is not what the state holds, and a page is open that the person may look at.
 * @param {State} state
 * @param {{seenFocus?: number | null, seenMinimized?: boolean}} answer
 */
export function focusDiffers(state, { seenFocus, seenMinimized = false }) {
  if (seenFocus === undefined || !followsFocus(state)) return false;
  return seenFocus !== state.focusedId || (seenFocus === null && seenMinimized !== Boolean(state.minimized));
}

/**
 * True while a change of the focus would change what is recorded.
 * @param {State} state
 */
export function followsFocus(state) {
  return state.openTabId !== null && state.idle === 'active';
}

/**
 * True when `ms` without an event mean that the background did not run.
 * @param {State} state
 * @param {Tabs} tabs
 * @param {number} ms
 * @param {Timings} timings
 */
export function followsGap(state, tabs, ms, timings) {
  const seconds = heartbeatSeconds(state, tabs, timings);
  return seconds !== null && ms > seconds * timings.missedHeartbeats * 1000;
}
