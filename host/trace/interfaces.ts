/** The names of the interfaces that a socket was told of, by their indexes. */
export class Interfaces {
  readonly #names = new Map<number, string>();

  learn(index: number, name: string): void {
    this.#names.set(index, name);
  }

  /** The name, or `if` and the index, as ip(8) takes it too. */
  nameOf(index: number): string {
    return this.#names.get(index) ?? `if${index}`;
  }
}
