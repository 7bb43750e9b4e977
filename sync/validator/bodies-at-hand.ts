/**
 * Bodies that were turned away for lack of room and may yet be asked for: another validator that had room may propose them, and
 * to fetch them all from it would take longer than to keep them. Unchecked; whoever executes a block checks what is in it.
 */

const keptBytesMax = 16 * 1024 * 1024;
const keptMax = 16_384;

/** The latest of them within bounds, by name. */
export class BodiesAtHand {
  readonly #kept = new Map<string, Uint8Array>();
  #bytes = 0;

  /** `name`: the body's digest in hex. */
  keep(name: string, body: Uint8Array): void {
    if (this.#kept.has(name)) return;
    this.#kept.set(name, body);
    this.#bytes += body.length;
    for (const [oldest, { length }] of this.#kept) {
      if (this.#bytes <= keptBytesMax && this.#kept.size <= keptMax) break;
      this.#kept.delete(oldest);
      this.#bytes -= length;
    }
  }

  get(name: string): Uint8Array | undefined {
    return this.#kept.get(name);
  }
}
