/** Where a light client stands: what a later run of the same terminal goes on from instead of the genesis. */
import { type Infer, optional, versioned } from '#core/format';
import { epochFormat, timeMsFormat } from '#ledger/ids';
import { lightBlockFormat } from '../wire/gateway-message.ts';
import { eraFormat } from '../wire/recovery-page.ts';
import { validatorSpansFormat } from './validator-spans.ts';

/**
 * For how long what is known may lie before another set is believed, ms: 400 days, so that a till that is taken out once a
 * year, for a season, needs nobody. Longer than that ago a quorum of former validators may have lost their keys to one hand,
 * and their certificates look as good as those of the present ones (weak subjectivity): whoever leaves a set destroys its
 * key, at the latest after this time.
 */
export const trustingPeriodMs = 400 * 86_400_000;

/** Kept by a terminal on its own disk, which it trusts; its head is verified again. */
export const lightPlaceFormat = versioned(
  'light-place',
  2,
  { bytesMax: 64 * 1024 },
  {
    head: optional(lightBlockFormat),
    /** Certificate time up to which the sets are known to be right. */
    trustedMs: timeMsFormat,
    spans: validatorSpansFormat,
    /** How often the region has been founded anew, as far as this terminal was told. */
    era: eraFormat,
    /** Epoch of the last certificate followed. */
    epoch: optional(epochFormat),
  },
);
export type LightPlace = Infer<typeof lightPlaceFormat>;
