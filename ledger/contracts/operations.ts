/** Operations of contracts: codec numbers 150 to 159. */
import { type Cases, list, record } from '#core/format';
import { heightFormat, timeMsFormat } from '../ids.ts';
import {
  argsFormat,
  callNumberFormat,
  executorNameFormat,
  executorVersionFormat,
  functionNameFormat,
  readKeyFormat,
  readsMax,
  reservedFormat,
  reservedMax,
} from './call.ts';
import { callResultFormat } from './result.ts';

/** Most results in one attestation. */
export const attestedMax = 8;

/** See SPEC.md, section Contracts. */
export const contractOperations = {
  'contract.enable': {
    tag: 150,
    format: record('contract.enable', {
      executor: executorNameFormat,
      /** 0: no new calls. */
      version: executorVersionFormat,
      fromHeight: heightFormat,
    }),
  },
  'contract.call': {
    tag: 151,
    format: record('contract.call', {
      executor: executorNameFormat,
      function: functionNameFormat,
      args: argsFormat,
      /** What the executor is given of the ledger, as it stands at the end of block `readsAt`. */
      reads: list(readKeyFormat, { max: readsMax }),
      /** The most that it may pay, ascending by asset. */
      reserved: list(reservedFormat, { max: reservedMax }),
      /** 0: the block that orders the call. */
      readsAt: heightFormat,
      deadlineMs: timeMsFormat,
    }),
  },
  'contract.attest': {
    tag: 152,
    format: record('contract.attest', {
      results: list(record('attested-result', { number: callNumberFormat, result: callResultFormat }), {
        min: 1,
        max: attestedMax,
      }),
    }),
  },
} as const satisfies Cases;
