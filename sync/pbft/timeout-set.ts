/**
 * The timeouts of one height and what follows from them: which view to join, when a new view stands, and which
 * block it must re-propose (ARCHITECTURE D10; SPEC R15 to R18).
 */
import { compareBytes, equalBytes } from '#core/bytes';
import { faultyMax, quorum } from '#ledger/validators/quorum';
import type { Certificate, Timeout } from '../wire/vote.ts';

/** Timeouts whose signatures and certificates have been checked: the highest of each validator. */
export class TimeoutSet {
  readonly #validatorCount: number;
  readonly #highest = new Map<number, Timeout>();

  constructor(validatorCount: number) {
    this.#validatorCount = validatorCount;
  }

  /** Whether this very timeout is held already, so that its signatures need no check. */
  has(timeout: Timeout): boolean {
    const known = this.#highest.get(timeout.validator);
    return (
      known !== undefined &&
      known.nextView === timeout.nextView &&
      equalBytes(known.signature, timeout.signature) &&
      samePrepared(known.prepared, timeout.prepared)
    );
  }

  /** Takes a timeout in unless its sender is known to have asked for the same or a higher view. */
  add(timeout: Timeout): void {
    const known = this.#highest.get(timeout.validator);
    if (known === undefined || known.nextView < timeout.nextView) this.#highest.set(timeout.validator, timeout);
  }

  /** The highest view that f+1 validators ask for or have gone beyond, so that an honest one does; 0 if there is none. */
  joinView(): number {
    const views = [...this.#highest.values()].map((timeout) => timeout.nextView).sort((a, b) => b - a);
    return views[faultyMax(this.#validatorCount)] ?? 0;
  }

  /** Whether a quorum asks for this view or has gone beyond it. */
  reached(view: number): boolean {
    let count = 0;
    for (const timeout of this.#highest.values()) if (timeout.nextView >= view) count++;
    return count >= quorum(this.#validatorCount);
  }

  /** A quorum of timeouts for exactly this view by ascending validator, or null. */
  quorumFor(view: number): readonly Timeout[] | null {
    const exact = [...this.#highest.values()].filter((timeout) => timeout.nextView === view);
    if (exact.length < quorum(this.#validatorCount)) return null;
    return exact.sort((a, b) => a.validator - b.validator).slice(0, quorum(this.#validatorCount));
  }
}

function samePrepared(a: Certificate | null, b: Certificate | null): boolean {
  if (a === null || b === null) return a === b;
  return (
    a.view === b.view &&
    equalBytes(a.blockHash, b.blockHash) &&
    equalBytes(a.resultRoot, b.resultRoot) &&
    a.signatures.length === b.signatures.length &&
    a.signatures.every((signed, index) => {
      const other = b.signatures[index];
      return (
        other !== undefined && other.validator === signed.validator && equalBytes(other.signature, signed.signature)
      );
    })
  );
}

/** SPEC R17: the prepared certificate of the highest view among the timeouts; null means a fresh block. */
export function highestPrepared(timeouts: readonly Timeout[]): Certificate | null {
  let highest: Certificate | null = null;
  for (const { prepared } of timeouts) {
    if (prepared === null) continue;
    if (highest === null || prepared.view > highest.view) highest = prepared;
    // Two certificates of one view name one block while at most f are faulty; the tie only has to be one for all.
    else if (prepared.view === highest.view && compareBytes(prepared.blockHash, highest.blockHash) > 0)
      highest = prepared;
  }
  return highest;
}
