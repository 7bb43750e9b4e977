/** Why a message from the region is not believed. */
import type { CertificateFault, OtherCertificate } from '../wire/vote.ts';

/**
 * `OTHER_CHAIN`: made for another region. `OTHER_VALIDATORS`: not the set of its height, or one that is not known yet.
 * `TRUST_EXPIRED`: what is known is older than the trusting period, so that only the operators' word helps. `BAD_EPOCH`: the
 * chain state is not the one that the header commits to. `NOT_COMMIT`, `OTHER_HEIGHT`, `OTHER_BLOCK`: the
 * certificate is not one of COMMIT for this header. `FORKED_REGION`: two certified blocks contradict each other, so
 * that more than f validators are faulty: an alarm for people. `BAD_RECEIPT`, `BAD_RECEIPTS_ROOT`: receipts that the
 * certificate does not prove. `BAD_DELTA`, `BAD_CHUNK`: a malformed or foreign piece of a shard. `BAD_LEAF`,
 * `BAD_PLACE`: an object, or a block of the history, that the certificate does not prove.
 */
export type LightFault =
  | CertificateFault
  | OtherCertificate
  | 'OTHER_CHAIN'
  | 'OTHER_VALIDATORS'
  | 'TRUST_EXPIRED'
  | 'BAD_EPOCH'
  | 'FORKED_REGION'
  | 'BAD_RECEIPT'
  | 'BAD_RECEIPTS_ROOT'
  | 'BAD_DELTA'
  | 'BAD_CHUNK'
  | 'BAD_LEAF'
  | 'BAD_PLACE';
