/** @typedef {import('../store.js').Counts} Counts */
/** @typedef {import('../sync/sync-run.js').Progress} Progress */

/** Counts may be older than changes in another context. After this time they are read again. */
const MAX_AGE_MS = 60_000;

/**
 * The counts of an owner's records. Counting walks an index, so the counts are kept until a record changes. During a run
 * they are brought up to date by the run's own progress.
 */
export class RecordCounts {
  /** @param {import('../store.js').Store} store */
  constructor(store) {
    this.store = store;
    /** @type {{owner: string, at: number, counts: Counts, progress: Progress | null} | null} */
    this.kept = null;
  }

  /** Makes the next call of `of` count again. */
  clear() {
    this.kept = null;
  }

  /**
   * @param {string} owner
   * @param {Progress | null} progress  of the run that goes on
   * @returns {Promise<Counts>}
   */
  async of(owner, progress) {
    let { kept } = this;
    if (!kept || kept.owner !== owner || (!progress && kept.at < Date.now() - MAX_AGE_MS)) {
      kept = { owner, at: Date.now(), counts: await this.store.counts(owner), progress };
      this.kept = kept;
    }
    const { counts } = kept;
    if (!progress) return counts;
    const sent = progress.sent - (kept.progress?.sent ?? 0);
    const parked = progress.parked - (kept.progress?.parked ?? 0);
    return {
      ...counts, pending: Math.max(0, counts.pending - sent - parked), parked: counts.parked + parked, synced: counts.synced + sent,
    };
  }
}
