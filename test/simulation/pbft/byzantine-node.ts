/**
 * A validator that lies: the production replica underneath, everything it says open to being bent. It signs only
 * as itself (and as its accomplices), which is all that cryptography leaves to it.
 */

import { equalBytes } from '#core/bytes';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import type { ReplicaMessage } from '#sync/pbft/types';
import { type Block, blockHash as hashOf } from '#sync/wire/block';
import type { Proposal } from '#sync/wire/peer-message';
import {
  type Certificate,
  commitPhase,
  preparePhase,
  type Timeout,
  timeoutDomain,
  timeoutMessage,
  type Vote,
} from '#sync/wire/vote';
import { resultOf, SimulatedNode } from './simulated-node.ts';
import { keyAt } from './test-keys.ts';

/** Ways to lie; a schedule gives each liar some. */
export type Lie =
  | 'equivocate-proposal'
  | 'vote-for-everything'
  | 'silence'
  | 'forge-new-view'
  | 'hide-prepared'
  | 'forge-prepared'
  | 'huge-views'
  | 'replay'
  | 'censor';

export const everyLie: readonly Lie[] = [
  'equivocate-proposal',
  'vote-for-everything',
  'silence',
  'forge-new-view',
  'hide-prepared',
  'forge-prepared',
  'huge-views',
  'replay',
  'censor',
];

const historyMax = 200;

/** One liar. */
export class ByzantineNode extends SimulatedNode {
  lies: ReadonlySet<Lie> = new Set();
  readonly #heard: ReplicaMessage[] = [];
  readonly #forged = new Map<string, Proposal>();

  /** How often it takes a chance to lie. */
  #lies(lie: Lie, probability: number): boolean {
    return this.lies.has(lie) && this.region.draws.chance(probability);
  }

  override send(to: number, message: ReplicaMessage): void {
    this.#remember(message);
    if (this.#lies('silence', 0.5)) return;
    // The first vote counts: an honest one would spoil the flattery.
    if (this.lies.has('vote-for-everything') && message.kind === 'vote') return;
    if (this.#lies('replay', 0.2)) super.send(to, this.region.draws.pick(this.#heard));
    if (message.kind === 'proposal')
      super.send(to, { kind: 'proposal', proposal: this.#bendProposal(message.proposal) });
    else if (message.kind === 'timeout')
      super.send(to, { kind: 'timeout', timeout: this.#bendTimeout(message.timeout) });
    else super.send(to, message);
  }

  override receive(from: number, message: ReplicaMessage): void {
    this.#remember(message);
    // Liars who flatter each other would never stop.
    if (this.lies.has('vote-for-everything') && this.region.node(from).honest) this.#flatter(from, message);
    if (this.#lies('huge-views', 0.05) && message.kind === 'vote') this.#shout(message.vote.height);
    super.receive(from, message);
  }

  #remember(message: ReplicaMessage): void {
    if (this.#heard.length >= historyMax) this.#heard.shift();
    this.#heard.push(message);
  }

  /** Votes twice, for whatever the other side wants to hear: harmless unless more than f do it. */
  #flatter(from: number, message: ReplicaMessage): void {
    let place: Omit<Vote, 'phase' | 'validator' | 'signature'> | null = null;
    if (message.kind === 'vote') place = message.vote;
    if (message.kind === 'proposal') {
      const { block, view } = message.proposal;
      const blockHash = hashOf(block.header);
      place = { height: block.header.height, view, blockHash, resultRoot: resultOf(block, blockHash) };
    }
    if (place === null) return;
    const { height, view, blockHash, resultRoot } = place;
    for (const phase of [preparePhase, commitPhase]) {
      const voted = { phase, height, view, blockHash, resultRoot };
      const signature = this.#sign(voteDomain, voteMessage(this.config.chainId, voted));
      this.region.deliver(this.index, from, { kind: 'vote', vote: { ...voted, validator: this.index, signature } });
    }
  }

  #shout(height: number): void {
    const nextView = this.region.draws.pick([1_000, 2 ** 31, 0xffff_ffff]);
    const timeout = this.#signTimeout(height, nextView, null);
    for (const to of this.region.everyIndex) if (to !== this.index) super.send(to, { kind: 'timeout', timeout });
  }

  #bendProposal(proposal: Proposal): Proposal {
    if (this.#lies('equivocate-proposal', 0.5)) {
      return this.#signProposal({ ...proposal, block: this.#otherBlock(proposal.block, proposal.view) });
    }
    const { timeouts, view, block } = proposal;
    if (timeouts === null || !this.lies.has('forge-new-view')) return proposal;
    // The same lie to everybody, or it would defeat itself.
    const place = `${block.header.height}/${view}`;
    const forged = this.#forged.get(place) ?? this.#forgeNewView(proposal, timeouts);
    this.#forged.set(place, forged);
    return forged;
  }

  /** A fresh block although the timeouts may say otherwise, and often timeouts that hide what was prepared. */
  #forgeNewView(proposal: Proposal, timeouts: readonly Timeout[]): Proposal {
    const { draws } = this.region;
    if (draws.chance(0.2)) return proposal;
    const hiding = draws.chance(0.5);
    const shown = hiding ? timeouts.map((timeout) => ({ ...timeout, prepared: null })) : timeouts;
    return this.#signProposal({ ...proposal, timeouts: shown, block: this.#otherBlock(proposal.block, proposal.view) });
  }

  #otherBlock(block: Block, view: number): Block {
    const timeMs = block.header.timeMs + this.region.draws.between(1, 2);
    const alpha = this.region.alphaOf(this, block.header.height);
    const beaconProof =
      alpha === null ? block.header.beaconProof : this.region.keys.ports.proveBeacon(this.#key, alpha);
    return { ...block, header: { ...block.header, timeMs, viewOfOrigin: view, beaconProof } };
  }

  #bendTimeout(timeout: Timeout): Timeout {
    const { height, nextView, prepared } = timeout;
    if (prepared !== null && this.#lies('hide-prepared', 0.7)) return this.#signTimeout(height, nextView, null);
    if (this.#lies('forge-prepared', 0.5))
      return this.#signTimeout(height, nextView, this.#forgedCertificate(height, nextView));
    return timeout;
  }

  /** A certificate for some block that was talked about, with signatures from elsewhere. */
  #forgedCertificate(height: number, nextView: number): Certificate | null {
    const votes = this.#heard.flatMap((heard) =>
      heard.kind === 'vote' && heard.vote.height === height ? [heard.vote] : [],
    );
    const vote = votes[0];
    if (vote === undefined) return null;
    const { blockHash, resultRoot } = vote;
    const signatures = this.region.everyIndex.map((validator) => {
      const genuine = votes.find((other) => other.validator === validator && equalBytes(other.blockHash, blockHash));
      return { validator, signature: (genuine ?? vote).signature };
    });
    return { phase: preparePhase, height, view: nextView - 1, blockHash, resultRoot, signatures };
  }

  #sign(domain: string, message: Uint8Array): Uint8Array {
    return this.region.keys.ports.sign(this.#key, domain, message);
  }

  get #key(): Uint8Array {
    return keyAt(this.region.keys, this.index);
  }

  #signProposal(proposal: Proposal): Proposal {
    const { header } = proposal.block;
    const message = proposalMessage(this.config.chainId, header.height, proposal.view, hashOf(header));
    return { ...proposal, signature: this.#sign(proposalDomain, message) };
  }

  #signTimeout(height: number, nextView: number, prepared: Certificate | null): Timeout {
    const signature = this.#sign(timeoutDomain, timeoutMessage(this.config.chainId, { height, nextView, prepared }));
    return { height, nextView, prepared, validator: this.index, signature };
  }
}
