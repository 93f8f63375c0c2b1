// Slices of a stack, fetched as they are looked at: the shown one first, then its neighbours, and only so many are kept.

const keptBytes = 256e6;

export class Slices {
  /**
   * @param fetchSlice (index, signal) => Promise of {header, samples}
   * @param count how many there are
   */
  constructor(fetchSlice, count) {
    [this.fetchSlice, this.count] = [fetchSlice, count];
    this.kept = new Map(); // in the order in which they were last used
    this.waiting = new Map();
  }

  has(index) { return this.kept.has(index); }

  get(index) {
    const slice = this.kept.get(index);
    if (!slice) return this.load(index);
    this.kept.delete(index);
    this.kept.set(index, slice);
    return Promise.resolve(slice);
  }

  load(index) {
    if (this.waiting.has(index)) return this.waiting.get(index).slice;
    const controller = new AbortController();
    const slice = this.fetchSlice(index, controller.signal).then((slice) => {
      this.kept.set(index, slice);
      let bytes = [...this.kept.values()].reduce((sum, { samples }) => sum + samples.byteLength, 0);
      for (const [old, { samples }] of this.kept) {
        if (bytes <= keptBytes || old === index) break;
        this.kept.delete(old);
        bytes -= samples.byteLength;
      }
      return slice;
    }).finally(() => this.waiting.delete(index));
    this.waiting.set(index, { slice, controller });
    return slice;
  }

  /** Fetches what is likely to be asked for next, and lets go of what no longer is. */
  prepare(index) {
    const near = [index + 1, index - 1, index + 2, index - 2].filter((place) => place >= 0 && place < this.count);
    for (const [place, { controller }] of this.waiting) {
      if (place !== index && !near.includes(place)) controller.abort();
    }
    for (const place of near) if (!this.has(place)) this.load(place).catch(() => {});
  }

  close() { for (const { controller } of this.waiting.values()) controller.abort(); }
}
