/** Signed statements: makes a replica's own and checks everybody's. Knows no protocol state beyond a cache. */

import { toHex } from '#core/bytes';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import type { Proposal } from '../wire/peer-message.ts';
import {
  type Certificate,
  certificateFormat,
  checkCertificate,
  preparePhase,
  type Timeout,
  timeoutDomain,
  timeoutMessage,
  type Vote,
  type Voted,
} from '../wire/vote.ts';
import type { ReplicaPorts } from './types.ts';
import type { VotingSet } from './voting-set.ts';

/** Certificates remembered as good. */
const certificatesMax = 64;

/** Own place in the set of a height, and the key that stands there. */
export interface Speaker {
  readonly validator: number;
  readonly ownKey: Uint8Array;
}

/** Makes and checks signatures for one replica. */
export class Statements {
  readonly #chainId: Uint8Array;
  readonly #ports: ReplicaPorts;
  readonly #good = new Set<string>();

  constructor(chainId: Uint8Array, ports: ReplicaPorts) {
    this.#chainId = chainId;
    this.#ports = ports;
  }

  signVote(voted: Voted, speaker: Speaker): Vote {
    const { phase, height, view, blockHash, resultRoot } = voted;
    const signature = this.#ports.sign(speaker.ownKey, voteDomain, voteMessage(this.#chainId, voted));
    return { phase, height, view, blockHash, resultRoot, validator: speaker.validator, signature };
  }

  signTimeout(timeout: Pick<Timeout, 'height' | 'nextView' | 'prepared'>, speaker: Speaker): Timeout {
    const signature = this.#ports.sign(speaker.ownKey, timeoutDomain, timeoutMessage(this.#chainId, timeout));
    return { ...timeout, validator: speaker.validator, signature };
  }

  signProposal(
    draft: Pick<Proposal, 'view' | 'block' | 'timeouts'>,
    blockHash: Uint8Array,
    speaker: Speaker,
  ): Proposal {
    const message = proposalMessage(this.#chainId, draft.block.header.height, draft.view, blockHash);
    const signature = this.#ports.sign(speaker.ownKey, proposalDomain, message);
    return { ...draft, validator: speaker.validator, signature };
  }

  voteIsSigned(vote: Vote, set: VotingSet): boolean {
    return this.#isSigned(vote, set, voteDomain, voteMessage(this.#chainId, vote));
  }

  proposalIsSigned(proposal: Proposal, blockHash: Uint8Array, set: VotingSet): boolean {
    const { height } = proposal.block.header;
    const message = proposalMessage(this.#chainId, height, proposal.view, blockHash);
    return this.#isSigned(proposal, set, proposalDomain, message);
  }

  /** SPEC R15: the signature, and a prepared certificate of this height and a lower view, or none. */
  timeoutIsGood(timeout: Timeout, set: VotingSet): boolean {
    const { prepared } = timeout;
    if (timeout.nextView === 0) return false;
    if (prepared !== null) {
      const fits = prepared.phase === preparePhase && prepared.height === timeout.height;
      if (!fits || prepared.view >= timeout.nextView) return false;
    }
    if (!this.#isSigned(timeout, set, timeoutDomain, timeoutMessage(this.#chainId, timeout))) return false;
    return prepared === null || this.certificateIsGood(prepared, set);
  }

  /** Whether it is one of the set, which is that of the certificate's height. */
  certificateIsGood(certificate: Certificate, { validators }: VotingSet): boolean {
    const name = toHex(sha256(encode(certificateFormat, certificate)));
    if (this.#good.has(name)) return true;
    const isSigned = (validator: number, message: Uint8Array, signature: Uint8Array): boolean => {
      const member = validators[validator];
      if (member === undefined) return false;
      return this.#ports.verify({ publicKey: member.publicKey, domain: voteDomain, message, signature });
    };
    if (!checkCertificate(this.#chainId, validators.length, certificate, isSigned).ok) return false;
    if (this.#good.size >= certificatesMax) this.#good.clear();
    this.#good.add(name);
    return true;
  }

  #isSigned(
    by: { readonly validator: number; readonly signature: Uint8Array },
    { validators }: VotingSet,
    domain: string,
    message: Uint8Array,
  ): boolean {
    const member = validators[by.validator];
    if (member === undefined) return false;
    return this.#ports.verify({ publicKey: member.publicKey, domain, message, signature: by.signature });
  }
}
