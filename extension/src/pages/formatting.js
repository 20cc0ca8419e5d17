/** A duration in ms as hours and minutes, seconds only below a minute. */
export function durationText(ms) {
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** A count with its noun. */
export function countText(n, one, many = `${one}s`) {
  return `${n.toLocaleString()} ${n === 1 ? one : many}`;
}

/** An instant as seen from now: "just now", "5 min ago", "in 2 min", or a day and time further off. */
export function relativeTimeText(instant, now) {
  const ms = instant - now;
  const away = Math.abs(ms);
  if (away < 45_000) return ms > 10_000 ? 'in less than a minute' : ms > 0 ? 'in a moment' : 'just now';
  if (away < 86_400_000) return ms > 0 ? `in ${durationText(roundedToMinute(away))}` : `${durationText(roundedToMinute(away))} ago`;
  return new Date(instant).toLocaleString(undefined, { dateStyle: 'medium', timeStyle: 'short' });
}

/** The time of day of an instant. */
export function timeOfDayText(instant) {
  return new Date(instant).toLocaleTimeString(undefined, { hour: '2-digit', minute: '2-digit' });
}

function roundedToMinute(ms) {
  return Math.max(60_000, Math.round(ms / 60_000) * 60_000);
}
