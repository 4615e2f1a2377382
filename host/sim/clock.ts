interface Timer {
  readonly at: number;
  readonly run: () => void;
}

/** Takes back a timer that has not run yet. */
export type Cancel = () => void;

/** Virtual time in milliseconds. It moves only when somebody waits, or by what a call costs. */
export class Clock {
  #now = 1_000_000;
  #timers: Timer[] = [];

  get now(): number {
    return this.#now;
  }

  /** When the next timer runs, or undefined where nothing is to come. */
  get next(): number | undefined {
    return this.#timers[0]?.at;
  }

  /**
   * Runs `run` after `delay` milliseconds; timers of the same moment run in the order of this call.
   */
  after(delay: number, run: () => void): Cancel {
    const timer = { at: this.#now + delay, run };
    const later = this.#timers.findIndex((other) => other.at > timer.at);
    this.#timers.splice(later < 0 ? this.#timers.length : later, 0, timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Moves to `time`, running the timers on the way, each at its own moment. */
  advanceTo(time: number): void {
    for (;;) {
      const timer = this.#timers[0];
      if (timer === undefined || timer.at > time) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, timer.at);
      timer.run();
    }
    this.#now = Math.max(this.#now, time);
  }

  advance(milliseconds: number): void {
    this.advanceTo(this.#now + milliseconds);
  }
}
