/** Views of the beginning of one buffer, made once a length: a view costs more than what is done with a short one. */

/** Longer views are not kept. */
const KEPT_LENGTH_MAX = 1_024;

/** The beginnings of a buffer. */
export class PrefixViews {
  readonly #bytes: Uint8Array;
  readonly #views: (Uint8Array | undefined)[] = [];

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** The first `length` bytes. */
  of(length: number): Uint8Array {
    if (length > KEPT_LENGTH_MAX) return this.#bytes.subarray(0, length);
    while (this.#views.length <= length) this.#views.push(undefined);
    const known = this.#views[length];
    if (known !== undefined) return known;
    const view = this.#bytes.subarray(0, length);
    this.#views[length] = view;
    return view;
  }
}
