/** The fingerprint of a run: two runs that did the same in the same order have the same one. FNV-1a, not for keys. */

/** Takes up what happens, number by number. */
export class Trace {
  #low = 0x811c9dc5;
  #high = 0x01000193;

  note(...numbers: readonly number[]): void {
    for (let at = 0; at < numbers.length; at++) {
      const word = (numbers[at] as number) | 0;
      this.#low = Math.imul(this.#low ^ word, 0x01000193);
      this.#high = Math.imul(this.#high ^ word ^ (this.#low >>> 15), 0x85ebca6b);
    }
  }

  /** The first bytes of a hash are as good as all of them here. */
  noteBytes(bytes: Uint8Array): void {
    for (let at = 0; at < 8 && at < bytes.length; at++)
      this.#low = Math.imul(this.#low ^ (bytes[at] as number), 0x01000193);
  }

  get hash(): string {
    const word = (value: number): string => (value >>> 0).toString(16).padStart(8, '0');
    return word(this.#low) + word(this.#high);
  }
}
