/** A text that grows at its end, in memory that doubles: no string of it is made before the end. */
export class TextBuffer {
  private units: ArrayBuffer = new ArrayBuffer(2048);
  /** In bytes, two for each UTF-16 unit. */
  private length: i32 = 0;

  append(text: string): void {
    const size = text.length << 1;
    if (this.length + size > this.units.byteLength) {
      const larger = new ArrayBuffer(2 * (this.length + size));
      memory.copy(changetype<usize>(larger), changetype<usize>(this.units), this.length);
      this.units = larger;
    }
    memory.copy(changetype<usize>(this.units) + this.length, changetype<usize>(text), size);
    this.length += size;
  }

  toString(): string {
    return String.UTF16.decodeUnsafe(changetype<usize>(this.units), this.length);
  }
}
