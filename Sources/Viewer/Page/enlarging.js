// Orders: what is asked for, how far it is, and what it came to.

import * as server from './server.js';

const part = (seconds) => seconds < 60 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;

export class Enlarging {
  status = null;
  #close = null;

  /** Told when the status is another: (status, the one before). */
  changed = () => {};

  get isUnderWay() { return ['waiting', 'running'].includes(this.status?.stage); }

  async begin(order) {
    this.leave();
    this.take(await server.order(order));
    this.follow();
  }

  /** One that is there already, of this page before it was loaded anew. */
  resume(status) {
    this.leave();
    this.take(status);
    if (this.isUnderWay) this.follow();
  }

  follow() {
    this.#close = server.follow(this.status.id, (status) => {
      if (status) this.take(status);
      else this.take({ ...this.status, stage: 'failed', error: 'The viewer ended before this was done.' });
    });
  }

  take(status) {
    const before = this.status;
    this.status = status;
    this.changed(status, before);
  }

  async stop() { if (this.isUnderWay) this.take(await server.stop(this.status.id)); }

  /** Looks no longer; the work goes on if others look, or is stopped. */
  leave() {
    this.#close?.();
    this.#close = null;
    this.status = null;
  }

  /** What became of the file of a slice. */
  file(slice, hasFileEach) {
    return this.status?.files.find((file) => file.index === (hasFileEach ? slice : 0));
  }

  /** In a line or two, for people. */
  text(slice, hasFileEach) {
    const status = this.status;
    if (!status) return '';
    const done = status.files.filter((file) => file.stage === 'finished').length;
    const count = status.files.length > 1 ? `, ${done} of ${status.files.length} slices` : '';
    const left = status.secondsLeft ? `, about ${part(status.secondsLeft)} left` : '';
    const file = this.file(slice, hasFileEach);
    switch (status.stage) {
      case 'waiting': return 'Waits for its turn.';
      case 'running': {
        const seen = file?.slicesMade ? `, ${file.slicesMade} ${file.slicesMade === 1 ? 'slice' : 'slices'} made` : '';
        return `${Math.round(status.progress * 100)} %${count}${seen}${left}`;
      }
      case 'stopped': return `Stopped${count}.`;
      case 'failed': return status.error ?? file?.error ?? 'Nothing came of it.';
      default:
        if (file?.error) return file.error;
        if (!file || file.stage !== 'finished') return `Done${count}.`;
        return `${file.width} × ${file.height} by ${file.model}${file.samples ? `, mean of ${file.samples} samples` : ''}, `
          + `${file.seconds.toFixed(1)} s${count}`
          + (file.largestDeviation == null ? '' : `; reduced again within ${file.largestDeviation.toFixed(2)} gray levels`);
    }
  }
}
