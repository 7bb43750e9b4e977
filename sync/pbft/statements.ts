/** Signed statements: makes a replica's own and checks everybody's. Knows no protocol state beyond a cache. */
import { toHex } from '#core/bytes';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { type Proposal, proposalDomain, proposalMessage } from '../wire/peer-message.ts';
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
  voteDomain,
  voteMessage,
} from '../wire/vote.ts';
import type { ReplicaConfig, ReplicaPorts } from './types.ts';

/** Certificates remembered as good. */
const certificatesMax = 64;

/** Makes and checks signatures for one replica. */
export class Statements {
  readonly #config: ReplicaConfig;
  readonly #ports: ReplicaPorts;
  readonly #good = new Set<string>();

  constructor(config: ReplicaConfig, ports: ReplicaPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  signVote(voted: Voted): Vote {
    const { phase, height, view, blockHash, resultRoot } = voted;
    const signature = this.#ports.sign(voteDomain, voteMessage(this.#config.chainId, voted));
    return { phase, height, view, blockHash, resultRoot, validator: this.#config.self, signature };
  }

  signTimeout(timeout: Pick<Timeout, 'height' | 'nextView' | 'prepared'>): Timeout {
    const signature = this.#ports.sign(timeoutDomain, timeoutMessage(this.#config.chainId, timeout));
    return { ...timeout, validator: this.#config.self, signature };
  }

  signProposal(draft: Pick<Proposal, 'view' | 'block' | 'timeouts'>, blockHash: Uint8Array): Proposal {
    const message = proposalMessage(this.#config.chainId, draft.block.header.height, draft.view, blockHash);
    return { ...draft, validator: this.#config.self, signature: this.#ports.sign(proposalDomain, message) };
  }

  voteIsSigned(vote: Vote): boolean {
    return this.#isSigned(vote, voteDomain, voteMessage(this.#config.chainId, vote));
  }

  proposalIsSigned(proposal: Proposal, blockHash: Uint8Array): boolean {
    const { height } = proposal.block.header;
    return this.#isSigned(
      proposal,
      proposalDomain,
      proposalMessage(this.#config.chainId, height, proposal.view, blockHash),
    );
  }

  /** SPEC R15: the signature, and a prepared certificate of this height and a lower view, or none. */
  timeoutIsGood(timeout: Timeout): boolean {
    const { prepared } = timeout;
    if (timeout.nextView === 0) return false;
    if (prepared !== null) {
      const fits = prepared.phase === preparePhase && prepared.height === timeout.height;
      if (!fits || prepared.view >= timeout.nextView) return false;
    }
    if (!this.#isSigned(timeout, timeoutDomain, timeoutMessage(this.#config.chainId, timeout))) return false;
    return prepared === null || this.certificateIsGood(prepared);
  }

  certificateIsGood(certificate: Certificate): boolean {
    const name = toHex(sha256(encode(certificateFormat, certificate)));
    if (this.#good.has(name)) return true;
    const { chainId, validators } = this.#config;
    const checked = checkCertificate(chainId, validators.length, certificate, (validator, message, signature) =>
      this.#ports.verify({ validator, domain: voteDomain, message, signature }),
    );
    if (!checked.ok) return false;
    if (this.#good.size >= certificatesMax) this.#good.clear();
    this.#good.add(name);
    return true;
  }

  #isSigned(by: { validator: number; signature: Uint8Array }, domain: string, message: Uint8Array): boolean {
    const { validator, signature } = by;
    if (validator >= this.#config.validators.length) return false;
    return this.#ports.verify({ validator, domain, message, signature });
  }
}
