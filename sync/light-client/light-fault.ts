/** Why a message from the region is not believed. */
import type { CertificateFault } from '../wire/vote.ts';

/**
 * `OTHER_CHAIN`, `OTHER_VALIDATORS`: made for another region or set. `NOT_COMMIT`, `OTHER_HEIGHT`, `OTHER_BLOCK`: the
 * certificate is not one of COMMIT for this header. `FORKED_REGION`: two certified blocks contradict each other, so
 * that more than f validators are faulty: an alarm for people. `BAD_RECEIPT`, `BAD_RECEIPTS_ROOT`: receipts that the
 * certificate does not prove. `BAD_DELTA`, `BAD_CHUNK`: a malformed or foreign piece of a shard.
 */
export type LightFault =
  | CertificateFault
  | 'OTHER_CHAIN'
  | 'OTHER_VALIDATORS'
  | 'NOT_COMMIT'
  | 'OTHER_HEIGHT'
  | 'OTHER_BLOCK'
  | 'FORKED_REGION'
  | 'BAD_RECEIPT'
  | 'BAD_RECEIPTS_ROOT'
  | 'BAD_DELTA'
  | 'BAD_CHUNK';
