/** A lock of flock(2): one holder, or several that share it. */
export class Lock {
  #holders = new Set<object>();
  #exclusive = false;

  /**
   * Takes it, or changes how it is held.
   *
   * @param holder the open file description that asks.
   * @returns false where others hold it in a way that does not allow this.
   */
  take(holder: object, exclusive: boolean): boolean {
    const others = [...this.#holders].some((other) => other !== holder);
    if (others && (exclusive || this.#exclusive)) return false;
    this.#holders.add(holder);
    this.#exclusive = exclusive;
    return true;
  }

  /** Gives it back; nothing happens where it is not held. */
  release(holder: object): void {
    this.#holders.delete(holder);
  }
}
