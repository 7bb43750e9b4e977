/** What must hold after every step of a simulated region. A broken promise is a `SafetyViolation` that says which. */

import { toHex } from '#core/bytes';
import { voteDomain } from '#ledger/validators/signed-statement';
import type { VoteRecord } from '#sync/pbft/vote-record';
import { blockHash } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { type Certificate, checkCertificate, commitPhase, preparePhase } from '#sync/wire/vote';
import { keyAt, type TestKeys } from './test-keys.ts';

/** Found by the simulator; the message names the promise. */
export class SafetyViolation extends Error {
  override readonly name = 'SafetyViolation';
}

/** What an honest node has on disk when it speaks. */
export interface DiskView {
  readonly record: VoteRecord | null;
  holdsBlock(hash: Uint8Array): boolean;
}

/** Watches the honest nodes of one region. */
export class SafetyChecks {
  readonly #chainId: Uint8Array;
  readonly #keys: TestKeys;
  readonly #decided = new Map<number, { hash: string; result: string }>();
  readonly #said = new Map<string, string>();
  readonly #left = new Map<string, number>();

  constructor(chainId: Uint8Array, keys: TestKeys) {
    this.#chainId = chainId;
    this.#keys = keys;
  }

  /** SPEC S1, S2: one block hash and one result root a height, under a valid certificate of COMMIT. */
  committed(node: number, certificate: Certificate, hash: Uint8Array): void {
    const { height } = certificate;
    const { verify } = this.#keys.ports;
    const checked = checkCertificate(
      this.#chainId,
      this.#keys.validators.length,
      certificate,
      (validator, message, signature) =>
        verify({ publicKey: keyAt(this.#keys, validator), domain: voteDomain, message, signature }),
    );
    if (!checked.ok || certificate.phase !== commitPhase)
      throw new SafetyViolation(`S2: node ${node} took a bad certificate at ${height}`);
    if (toHex(certificate.blockHash) !== toHex(hash))
      throw new SafetyViolation(`S2: certificate of another block at ${height}`);
    const taken = { hash: toHex(hash), result: toHex(certificate.resultRoot) };
    const first = this.#decided.get(height);
    if (first === undefined) this.#decided.set(height, taken);
    else if (first.hash !== taken.hash) throw new SafetyViolation(`S1: two blocks at height ${height}`);
    else if (first.result !== taken.result) throw new SafetyViolation(`S1: two results at height ${height}`);
  }

  /** SPEC S3, S4: an honest node never contradicts itself, and what it says is on its disk, also across restarts. */
  said(node: number, message: PeerMessage, disk: DiskView): void {
    if (message.kind === 'proposal') {
      const { view, block } = message.proposal;
      const hash = blockHash(block.header);
      this.#once(`${node}/proposal/${block.header.height}/${view}`, toHex(hash));
      if (disk.record?.height !== block.header.height) throw new SafetyViolation('S4: proposal before its record');
      return;
    }
    if (message.kind === 'vote') {
      const { phase, height, view } = message.vote;
      this.#once(`${node}/${phase}/${height}/${view}`, toHex(message.vote.blockHash) + toHex(message.vote.resultRoot));
      if (view < (this.#left.get(`${node}/${height}`) ?? 0))
        throw new SafetyViolation(`S3: node ${node} voted in a view it left`);
      const bound = phase === preparePhase ? disk.record?.prepare : disk.record?.commit;
      if (disk.record?.height !== height || bound?.view !== view)
        throw new SafetyViolation('S4: vote before its record');
      if (phase === commitPhase && (disk.record.prepared?.view ?? -1) < view)
        throw new SafetyViolation('S4: COMMIT without certificate');
      if (!disk.holdsBlock(message.vote.blockHash)) throw new SafetyViolation('S4: vote before its body');
      return;
    }
    if (message.kind === 'timeout') {
      const { height, nextView, prepared } = message.timeout;
      this.#once(
        `${node}/timeout/${height}/${nextView}`,
        prepared === null ? '' : toHex(prepared.blockHash) + prepared.view,
      );
      const place = `${node}/${height}`;
      this.#left.set(place, Math.max(nextView, this.#left.get(place) ?? 0));
      if (disk.record?.height !== height || disk.record.view < nextView)
        throw new SafetyViolation('S4: timeout before its record');
    }
  }

  #once(place: string, statement: string): void {
    const first = this.#said.get(place);
    if (first === undefined) this.#said.set(place, statement);
    else if (first !== statement) throw new SafetyViolation(`S3: node contradicts itself at ${place}`);
  }
}
