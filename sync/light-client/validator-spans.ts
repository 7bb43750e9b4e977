/** Who validates when, as far as it has been proved: spans of heights, each with its set (sync/pbft/SPEC.md R26). */
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import { type Infer, list, record } from '#core/format';
import { heightFormat } from '#ledger/ids';
import { validatorSetFormat, validatorSetHash } from '../wire/genesis.ts';

/** Spans kept in memory: more than a change a day for two years. Heights before them are of sets unknown. */
export const spansMax = 1_024;
/** Spans that are kept for a later run: those of heights whose receipts may still be on the way. */
export const spansStoredMax = 32;

/** The set from a height on, up to the next span. */
export const validatorSpanFormat = record('validator-span', {
  fromHeight: heightFormat,
  validators: validatorSetFormat,
});
export type ValidatorSpan = Infer<typeof validatorSpanFormat>;

/** Spans as stored, the earliest first. */
export const validatorSpansFormat = list(validatorSpanFormat, { min: 1, max: spansStoredMax });

interface KnownSpan extends ValidatorSpan {
  readonly setHash: Uint8Array;
}

/** What became of a span that was proved. */
export type SpanAdded = 'new' | 'known' | 'contradicts';

/** Spans in ascending order; the last one has no end yet. */
export class ValidatorSpans {
  readonly #spans: KnownSpan[];

  constructor(spans: readonly ValidatorSpan[]) {
    assert(spans.length > 0, 'some set is known');
    this.#spans = spans.map((span) => ({ ...span, setHash: validatorSetHash(span.validators) }));
  }

  /** The newest set. */
  get newest(): ValidatorSpan {
    return this.#spans.at(-1) as KnownSpan;
  }

  /** The set of a height, with its hash; null before the first span. */
  at(height: number): (ValidatorSpan & { readonly setHash: Uint8Array }) | null {
    return this.#spans.findLast(({ fromHeight }) => fromHeight <= height) ?? null;
  }

  /** Takes note that a set votes from a height on. Only the end can grow: an older height must say what is known. */
  add({ fromHeight, validators }: ValidatorSpan): SpanAdded {
    const setHash = validatorSetHash(validators);
    const at = this.at(fromHeight);
    if (at !== null && equalBytes(at.setHash, setHash)) return 'known';
    if (fromHeight <= this.newest.fromHeight) return 'contradicts';
    this.#spans.push({ fromHeight, validators, setHash });
    if (this.#spans.length > spansMax) this.#spans.shift();
    return 'new';
  }

  /** The spans before the start of one that is certain; then that one, and the one that the operators put after it. */
  refounded(certain: ValidatorSpan, next: ValidatorSpan): ValidatorSpans {
    const before = this.#spans.filter(({ fromHeight }) => fromHeight < certain.fromHeight);
    return new ValidatorSpans([...before, certain, next]);
  }

  /** The latest spans, for a later run. */
  stored(): ValidatorSpan[] {
    return this.#spans
      .slice(-spansStoredMax)
      .map(({ fromHeight, validators }) => ({ fromHeight, validators: [...validators] }));
  }
}
