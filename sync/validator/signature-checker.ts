/** Which checker a validator's signatures get: threads where there are cores for them. */
import { availableParallelism } from 'node:os';
import type { Clock } from '#core/clock';
import type { Log } from '#core/log';
import { InlineChecker, type SignatureChecker } from './signature-queue.ts';
import { SignatureThreads } from './signature-threads.ts';

/** Below this many cores a thread takes from the votes what it gives. */
const coresMin = 4;
const coresKept = 2;
const threadsMax = 4;

/** How many threads a machine of this many cores gets if nothing else is configured. */
export function signatureThreadsOn(cores: number): number {
  return cores < coresMin ? 0 : Math.min(threadsMax, cores - coresKept);
}

/** The checker that the configuration asks for, or the machine suggests. */
export function signatureChecker(
  { signatureThreads }: { readonly signatureThreads?: number | undefined },
  { clock, log }: { readonly clock: Clock; readonly log: Log },
): SignatureChecker {
  const count = signatureThreads ?? signatureThreadsOn(availableParallelism());
  return count === 0 ? new InlineChecker() : new SignatureThreads({ count, clock, log });
}
