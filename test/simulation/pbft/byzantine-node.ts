/**
 * A validator that lies: the production replica underneath, everything it says open to being bent. It signs only
 * as itself, which is all that cryptography leaves to it; liars hear with each other's ears.
 */
import { equalBytes, toHex, utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { quorum } from '#ledger/validators/quorum';
import { validatorsMax } from '#ledger/validators/validator-set';
import type { ReplicaMessage } from '#sync/pbft/types';
import { type Block, blockHash as hashOf, operationsRoot } from '#sync/wire/block';
import type { Proposal } from '#sync/wire/peer-message';
import { commitPhase, preparePhase, type Timeout, type Vote, type Voted } from '#sync/wire/vote';
import { Forger, forgedCertificate, fuzzed, oldestLock, timeoutsFor, withoutProofs } from './forgeries.ts';
import type { Lie } from './lies.ts';
import type { Final } from './simulated-disk.ts';
import { SimulatedNode } from './simulated-node.ts';
import type { SimulatedRegion } from './simulated-region.ts';
import { keyAt } from './test-keys.ts';

const overheardMax = 200;

/** One liar. */
export class ByzantineNode extends SimulatedNode {
  readonly lies: ReadonlySet<Lie>;
  readonly #forger: Forger;
  readonly #forged = new Map<string, Proposal>();
  /** Bodies that only some are given. */
  readonly #secrets = new Map<string, readonly number[]>();
  #secretCount = 0;

  constructor(
    region: SimulatedRegion,
    place: { readonly place: number; readonly index: number },
    lies: readonly Lie[],
  ) {
    super(region, place, false);
    this.lies = new Set(lies);
    this.#forger = new Forger(region.config.chainId, region.keys, this.index, () => this.#placeInSet());
  }

  /** Under which index it speaks at the next height; one that nobody has where it is no member. */
  #placeInSet(): number {
    const own = keyAt(this.region.keys, this.index);
    const place = this.disk.chain.validators.findIndex(({ publicKey }) => equalBytes(publicKey, own));
    return place < 0 ? validatorsMax - 1 : place;
  }

  /** Whether it takes a chance to lie. */
  #lies(lie: Lie, probability: number): boolean {
    return this.lies.has(lie) && this.region.draws.chance(probability);
  }

  override send(to: number, message: ReplicaMessage): void {
    this.#overhear(message);
    if (this.#lies('silence', 0.5)) return;
    if (this.lies.has('two-faced') && (to + this.height) % 2 === 0) return;
    // The first vote counts: an honest one would spoil the flattery.
    if (this.lies.has('vote-for-everything') && message.kind === 'vote') return;
    if (this.#lies('replay', 0.2)) this.#say(to, this.region.draws.pick(this.region.overheard));
    const bent = this.#bend(to, message);
    if (this.#lies('fuzz', 0.3)) {
      const broken = fuzzed(bent, this.region.draws);
      this.#say(to, this.region.draws.chance(0.5) ? this.#forger.resigned(broken) : broken);
    }
    this.#say(to, bent);
  }

  #say(to: number, message: ReplicaMessage): void {
    const { draws } = this.region;
    if (!this.lies.has('slow')) super.send(to, message);
    else this.later(draws.pick([20, 150, 190, 400]), () => super.send(to, message));
  }

  protected override take(from: number, message: ReplicaMessage): void {
    this.#overhear(message);
    // Liars who flatter each other would never stop.
    if (this.lies.has('vote-for-everything') && this.region.node(from).honest) this.#flatter(from, message);
    if (message.kind === 'vote') {
      const { vote } = message;
      if (this.#lies('huge-views', 0.05)) this.#shout(vote.height);
      if (this.#lies('foreign-heights', 0.1)) this.#sayElsewhere(from, vote);
      if (this.#lies('false-history', 0.05)) this.#boast(from);
    }
    super.take(from, message);
  }

  /** R19: others' segments left out, bodies that some do not get, bodies that nobody may take. */
  protected override gather(): Uint8Array[] {
    const digests = this.lies.has('censor') ? [] : super.gather();
    const { draws, badBodies, everyIndex } = this.region;
    for (const lie of ['withhold-body', 'bad-body'] as const) {
      if (!this.#lies(lie, 0.5)) continue;
      const digest = sha256(utf8(`${lie} ${this.index} ${this.#secretCount++}`));
      digests.push(digest);
      const name = toHex(digest);
      this.disk.bodies.add(name);
      if (lie === 'bad-body') badBodies.add(name);
      this.#secrets.set(
        name,
        everyIndex.filter(() => draws.chance(0.5)),
      );
    }
    return digests;
  }

  override servesBody(name: string, to: number): boolean {
    const audience = this.#secrets.get(name);
    return super.servesBody(name, to) && (audience === undefined || audience.includes(to));
  }

  override finalsFrom(height: number): readonly Final[] {
    const finals = super.finalsFrom(height);
    if (!this.lies.has('false-history')) return finals;
    const { draws } = this.region;
    return finals.map((final) => {
      switch (draws.between(0, 3)) {
        case 0: {
          const block = this.#otherBlock(final.block, final.certificate.view);
          const hash = hashOf(block.header);
          return { block, hash, certificate: { ...final.certificate, blockHash: hash } };
        }
        case 1:
          return { ...final, certificate: { ...final.certificate, phase: preparePhase } };
        case 2:
          return { ...final, certificate: { ...final.certificate, signatures: final.certificate.signatures.slice(1) } };
        default:
          return final;
      }
    });
  }

  #overhear(message: ReplicaMessage): void {
    const { overheard } = this.region;
    if (overheard.length >= overheardMax) overheard.shift();
    overheard.push(message);
  }

  /** Votes twice, for whatever the other side wants to hear: harmless unless more than f do it. */
  #flatter(from: number, message: ReplicaMessage): void {
    let place: Omit<Voted, 'phase'> | null = null;
    if (message.kind === 'vote') place = message.vote;
    if (message.kind === 'proposal') {
      const { block, view } = message.proposal;
      const { height } = block.header;
      if (height !== this.height + 1) return;
      const blockHash = hashOf(block.header);
      place = { height, view, blockHash, resultRoot: this.execution.result(block, blockHash) };
    }
    if (place === null) return;
    for (const phase of [preparePhase, commitPhase]) {
      const vote = this.#forger.vote({ ...place, phase });
      this.region.deliver(this.place, from, { kind: 'vote', vote });
    }
  }

  #shout(height: number): void {
    const nextView = this.region.draws.pick([1_000, 2 ** 31, 0xffff_ffff]);
    const timeout = this.#forger.timeout(height, nextView, null);
    for (const { place } of this.region.nodes) if (place !== this.place) this.#say(place, { kind: 'timeout', timeout });
  }

  #sayElsewhere(to: number, vote: Vote): void {
    const { draws } = this.region;
    const height = Math.max(1, vote.height + draws.pick([-1_000, -2, -1, 1, 1, 2, 1_000_000]));
    this.#say(to, { kind: 'vote', vote: this.#forger.vote({ ...vote, height }) });
    this.#say(to, { kind: 'timeout', timeout: this.#forger.timeout(height, draws.between(1, 5), null) });
  }

  #boast(to: number): void {
    const committedHeight = this.height + this.region.draws.pick([1, 2, 1_000_000]);
    this.#say(to, { kind: 'status', committedHeight, view: 0 });
    this.#say(to, { kind: 'want-block', height: this.height + 1, blockHash: sha256(utf8('nothing')) });
  }

  #bend(to: number, message: ReplicaMessage): ReplicaMessage {
    switch (message.kind) {
      case 'proposal':
        return { kind: 'proposal', proposal: this.#bendProposal(message.proposal) };
      case 'timeout':
        return { kind: 'timeout', timeout: this.#bendTimeout(message.timeout) };
      case 'vote': {
        if (!this.lies.has('wrong-result') || to % 2 === 0) return message;
        const { vote } = message;
        return { kind: 'vote', vote: this.#forger.vote({ ...vote, resultRoot: sha256(vote.resultRoot) }) };
      }
      case 'status': {
        if (!this.#lies('false-history', 0.7)) return message;
        const committedHeight = this.region.draws.between(0, message.committedHeight);
        return { kind: 'status', committedHeight, view: message.view };
      }
      default:
        return message;
    }
  }

  #bendProposal(proposal: Proposal): Proposal {
    if (this.#lies('equivocate-proposal', 0.5))
      return this.#forger.proposal({ ...proposal, block: this.#otherBlock(proposal.block, proposal.view) });
    const { timeouts, view, block } = proposal;
    if (block.header.viewOfOrigin === view && this.#lies('bad-beacon', 0.5))
      return this.#forger.proposal({ ...proposal, block: this.#badBeacon(block) });
    if (timeouts === null) return proposal;
    // The same lie to everybody, or it would defeat itself.
    const place = `${block.header.height}/${view}`;
    const forged = this.#forged.get(place) ?? this.#forgeNewView(proposal, timeouts);
    this.#forged.set(place, forged);
    return forged;
  }

  #forgeNewView(proposal: Proposal, timeouts: readonly Timeout[]): Proposal {
    const { draws, overheard } = this.region;
    const { view, block } = proposal;
    if (this.#lies('omit-proofs', 0.7))
      return this.#forger.proposal({ ...proposal, timeouts: withoutProofs(timeouts, overheard, draws) });
    if (this.#lies('choose-quorum', 0.8)) {
      const least = timeoutsFor(overheard, block.header.height, view).slice(
        0,
        quorum(this.disk.chain.validators.length),
      );
      const shown = least.sort((a, b) => a.validator - b.validator);
      const free = shown.every(({ prepared }) => prepared === null);
      if (shown.length >= timeouts.length && free)
        return this.#forger.proposal({ ...proposal, timeouts: shown, block: this.#otherBlock(block, view) });
    }
    if (!this.#lies('forge-new-view', 0.8)) return proposal;
    const hiding = draws.chance(0.5);
    const shown = hiding ? timeouts.map((timeout) => ({ ...timeout, prepared: null })) : timeouts;
    return this.#forger.proposal({ ...proposal, timeouts: shown, block: this.#otherBlock(block, view) });
  }

  #otherBlock(block: Block, view: number): Block {
    const timeMs = block.header.timeMs + this.region.draws.between(1, 2);
    const alpha = this.region.alphaOf(this, block.header.height);
    const own = keyAt(this.region.keys, this.index);
    const beaconProof = alpha === null ? block.header.beaconProof : this.ports.proveBeacon(own, alpha);
    return { ...block, header: { ...block.header, timeMs, viewOfOrigin: view, beaconProof } };
  }

  /** R3: the proof of somebody else, of another height, or none. */
  #badBeacon(block: Block): Block {
    const { draws, keys } = this.region;
    const { header } = block;
    const alpha = this.region.alphaOf(this, header.height) ?? new Uint8Array(40);
    const other = keyAt(keys, (this.index + 1) % keys.validators.length);
    const own = keyAt(keys, this.index);
    const beaconProof = draws.pick([
      this.ports.proveBeacon(other, alpha),
      this.ports.proveBeacon(own, sha256(alpha)),
      new Uint8Array(80),
    ]);
    const bodyDigests = draws.chance(0.2) ? [...block.bodyDigests, ...block.bodyDigests] : block.bodyDigests;
    return { header: { ...header, beaconProof, operationsRoot: operationsRoot(bodyDigests) }, bodyDigests };
  }

  #bendTimeout(timeout: Timeout): Timeout {
    const { height, nextView, prepared } = timeout;
    const { overheard } = this.region;
    if (prepared !== null && this.#lies('hide-prepared', 0.7)) return this.#forger.timeout(height, nextView, null);
    if (this.#lies('old-lock', 0.7))
      return this.#forger.timeout(height, nextView, oldestLock(overheard, height, nextView));
    if (!this.#lies('forge-prepared', 0.5)) return timeout;
    const at = { height, view: nextView - 1, phase: preparePhase, count: this.disk.chain.validators.length };
    return this.#forger.timeout(height, nextView, forgedCertificate(overheard, at));
  }
}
