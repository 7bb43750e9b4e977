/** What must hold after every step of a simulated region. A broken promise is a `SafetyViolation` that says which. */

import { equalBytes, toHex } from '#core/bytes';
import { voteDomain } from '#ledger/validators/signed-statement';
import type { ChainState } from '#sync/pbft/chain';
import type { VoteRecord } from '#sync/pbft/vote-record';
import { blockHash } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { type Certificate, checkCertificate, commitPhase, preparePhase } from '#sync/wire/vote';
import type { Final } from './simulated-disk.ts';
import type { TestKeys } from './test-keys.ts';

/** Found by the simulator; the message names the promise. */
export class SafetyViolation extends Error {
  override readonly name = 'SafetyViolation';
}

/** What an honest node has on disk when it speaks. */
export interface DiskView {
  readonly record: VoteRecord | null;
  readonly hasRotten: boolean;
  holdsBlock(hash: Uint8Array): boolean;
}

/** Watches the honest nodes of one region. */
export class SafetyChecks {
  readonly #chainId: Uint8Array;
  readonly #keys: TestKeys;
  readonly #decided = new Map<number, { hash: Uint8Array; result: Uint8Array }>();
  readonly #good = new WeakSet<Certificate>();
  readonly #said = new Map<string, string>();
  readonly #left = new Map<string, number>();
  /** View of the last COMMIT of a node at a height. */
  readonly #locked = new Map<string, number>();

  constructor(chainId: Uint8Array, keys: TestKeys) {
    this.#chainId = chainId;
    this.#keys = keys;
  }

  /** Whether a quorum of the set of its height signed the certificate. */
  isCertificate(certificate: Certificate, { validators }: Pick<ChainState, 'validators'>): boolean {
    const { ports } = this.#keys;
    const checked = checkCertificate(this.#chainId, validators.length, certificate, (validator, message, signature) => {
      const publicKey = validators[validator]?.publicKey;
      return publicKey !== undefined && ports.verify({ publicKey, domain: voteDomain, message, signature });
    });
    return checked.ok;
  }

  /** SPEC S1, S2: one block hash and one result root a height, under a valid certificate of COMMIT, equal to the own result. `chain`: before it. */
  committed(node: number, { certificate, hash }: Final, result: Uint8Array, chain: ChainState): void {
    const { height } = certificate;
    if (certificate.phase !== commitPhase || !this.#isKnownGood(certificate, chain))
      throw new SafetyViolation(`S2: node ${node} took a bad certificate at ${height}`);
    if (!equalBytes(certificate.blockHash, hash))
      throw new SafetyViolation(`S2: certificate of another block at ${height}`);
    if (!equalBytes(certificate.resultRoot, result))
      throw new SafetyViolation(`S1: node ${node} has a result of its own at ${height}`);
    const first = this.#decided.get(height);
    if (first === undefined) this.#decided.set(height, { hash, result });
    else if (!equalBytes(first.hash, hash)) throw new SafetyViolation(`S1: two blocks at height ${height}`);
    else if (!equalBytes(first.result, result)) throw new SafetyViolation(`S1: two results at height ${height}`);
  }

  /** Nodes that catch up get one and the same certificate. */
  #isKnownGood(certificate: Certificate, chain: ChainState): boolean {
    if (this.#good.has(certificate)) return true;
    if (!this.isCertificate(certificate, chain)) return false;
    this.#good.add(certificate);
    return true;
  }

  /** Honest execution is a function of the chain: no quorum contradicts it. */
  diverged(node: number, height: number): void {
    throw new SafetyViolation(`S1: a quorum contradicts the result of node ${node} at ${height}`);
  }

  accused(node: number, validator: number): never {
    throw new SafetyViolation(`S3: node ${node} has evidence against honest validator ${validator}`);
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
      if (phase === commitPhase) this.#locked.set(`${node}/${height}`, view);
      if (!disk.hasRotten && !disk.holdsBlock(message.vote.blockHash))
        throw new SafetyViolation(`S4: node ${node} votes at ${height}/${view} before its body`);
      return;
    }
    if (message.kind === 'timeout') {
      const { height, nextView, prepared } = message.timeout;
      this.#once(
        `${node}/timeout/${height}/${nextView}`,
        prepared === null ? '' : toHex(prepared.blockHash) + prepared.view,
      );
      const place = `${node}/${height}`;
      // What the argument across views rests on: a COMMIT is followed by its certificate, or a higher one, for ever.
      const locked = this.#locked.get(place);
      if (locked !== undefined && locked < nextView && (prepared === null || prepared.view < locked))
        throw new SafetyViolation(`R15: node ${node} has forgotten what it gave COMMIT for at ${height}/${locked}`);
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
