/** The alarm and the timers of heartbeats. */
import { ext } from '../browser-api.js';

export class PeriodicAlarm {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    /** @type {number | null | undefined} */
    this.seconds = undefined;
  }

  /**
   * Sets the alarm's period, or removes the alarm for null. An alarm that is created again with each event never rings,
   * so it is touched only when the period changes.
   * @param {number | null} seconds
   */
  async set(seconds) {
    if (seconds === this.seconds) return;
    this.seconds = seconds;
    const alarm = await ext.alarms.get(this.name);
    if (seconds !== this.seconds) return;
    if (seconds === null) {
      if (alarm) await ext.alarms.clear(this.name);
    } else if (!alarm || Math.abs((alarm.periodInMinutes ?? 0) * 60 - seconds) > 0.01) {
      await ext.alarms.create(this.name, { periodInMinutes: seconds / 60 });
    }
  }
}

/** Work that is repeated while this run of the background goes on. */
export class Repeated {
  /**
   * @param {number} seconds
   * @param {() => unknown} work
   */
  constructor(seconds, work) {
    this.seconds = seconds;
    this.work = work;
    /** @type {ReturnType<typeof setInterval> | null} */
    this.timer = null;
  }

  /** @param {boolean} on */
  set(on) {
    if (on === (this.timer !== null)) return;
    if (this.timer !== null) clearInterval(this.timer);
    this.timer = on ? setInterval(this.work, this.seconds * 1000) : null;
  }
}

export class Heartbeats {
  /**
   * @param {number[]} earlySeconds  times of extra heartbeats after a visit begins
   * @param {() => void} beat
   */
  constructor(earlySeconds, beat) {
    this.earlySeconds = earlySeconds;
    this.beat = beat;
    this.alarm = new PeriodicAlarm('heartbeat');
    /** @type {string | null} */
    this.visitId = null;
    /** @type {ReturnType<typeof setTimeout>[]} */
    this.timers = [];
  }

  /** @param {number | null} seconds */
  setAlarm(seconds) {
    return this.alarm.set(seconds);
  }

  /**
   * Sets the timers of the early heartbeats when another visit has begun.
   * @param {string | null} visitId
   */
  setVisit(visitId) {
    if (visitId === this.visitId) return;
    this.visitId = visitId;
    this.timers.forEach(clearTimeout);
    this.timers = visitId === null ? [] : this.earlySeconds.map((seconds) => setTimeout(this.beat, seconds * 1000));
  }
}
