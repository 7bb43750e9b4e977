/** One production replica on the bench: its node answers at once, the other validators are played by the test. */

import { utf8 } from '#core/bytes';
import { sha256 } from '#core/hash';
import { quorum } from '#ledger/validators/quorum';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { BlockRules } from '#sync/pbft/block-rules';
import { type ChainState, genesisChain } from '#sync/pbft/chain';
import { Replica } from '#sync/pbft/replica';
import { leaderOrder } from '#sync/pbft/schedule';
import {
  type ReplicaConfig,
  type ReplicaEffect,
  type ReplicaInput,
  type ReplicaMessage,
  replicaTiming,
} from '#sync/pbft/types';
import type { VoteRecord } from '#sync/pbft/vote-record';
import { type Block, blockHash } from '#sync/wire/block';
import type { Proposal } from '#sync/wire/peer-message';
import { type Certificate, type Timeout, timeoutDomain, timeoutMessage, type Vote } from '#sync/wire/vote';
import { cheapKeys, keyAt, type TestKeys } from '../../simulation/pbft/test-keys.ts';

export const wallMs = 1_800_000_000_000;

/** What every test region shares. */
export function testConfig(keys: TestKeys, self: number): ReplicaConfig {
  return {
    ...replicaTiming,
    chainId: sha256(utf8('bench chain')),
    ownKeys: [keyAt(keys, self)],
    epochTurns: 2,
    heartbeatMs: 10_000,
  };
}

export function testGenesis(count = 4): ChainState {
  const root = new Uint8Array(32);
  const { validators } = cheapKeys(count);
  const seed = sha256(utf8('bench'));
  return genesisChain({ seed, timeMs: wallMs - 5_000, validators, resultRoot: root, historyRoot: root });
}

export function resultOf(hash: Uint8Array): Uint8Array {
  return sha256(utf8('result'), hash);
}

/** The bench. `place` says which primary of height 1 the replica is: 0 is that of view 0. */
export class OneReplica {
  readonly keys: TestKeys;
  readonly config: ReplicaConfig;
  readonly chain: ChainState;
  /** Primaries of height 1 by view. */
  readonly order: readonly number[];
  readonly replica: Replica;
  readonly effects: ReplicaEffect[] = [];
  record: VoteRecord | null = null;
  /** Effects that the test answers itself. */
  held: ReadonlySet<ReplicaEffect['kind']> = new Set();
  nowMs = 0;

  constructor(
    place: number,
    options: { count?: number; record?: VoteRecord | null; blocks?: readonly Block[]; silentUpTo?: number } = {},
  ) {
    const count = options.count ?? 4;
    this.keys = cheapKeys(count);
    this.chain = testGenesis(count);
    this.order = leaderOrder(this.chain);
    this.config = testConfig(this.keys, this.order[place] as number);
    this.replica = new Replica(this.config, this.keys.ports);
    this.feed({
      kind: 'started',
      recovered: {
        chain: this.chain,
        record: options.record ?? null,
        blocks: options.blocks ?? [],
        silentUpTo: options.silentUpTo ?? 0,
      },
    });
  }

  feed(input: ReplicaInput): void {
    const inputs = [input];
    for (let next = inputs.shift(); next !== undefined; next = inputs.shift()) {
      for (const effect of this.replica.step(next, { nowMs: this.nowMs, wallMs: wallMs + this.nowMs })) {
        this.effects.push(effect);
        if (effect.kind === 'persist') this.record = effect.record;
        const answer = this.held.has(effect.kind) ? null : this.#answerOf(effect);
        if (answer !== null) inputs.push(answer);
      }
    }
  }

  #answerOf(effect: ReplicaEffect): ReplicaInput | null {
    switch (effect.kind) {
      case 'store-block':
        return { kind: 'stored', blockHash: effect.blockHash, full: false };
      case 'execute':
        return { kind: 'executed', blockHash: effect.blockHash, resultRoot: resultOf(effect.blockHash) };
      case 'persist':
        return { kind: 'persisted', token: effect.token };
      case 'gather':
        return { kind: 'gathered', height: effect.height, view: effect.view, digests: [] };
      default:
        return null;
    }
  }

  wait(ms: number): void {
    this.nowMs += ms;
    this.feed({ kind: 'tick' });
  }

  /** Messages broadcast so far, of one kind. */
  sent<K extends ReplicaMessage['kind']>(kind: K): Extract<ReplicaMessage, { kind: K }>[] {
    return this.effects.flatMap((effect) =>
      effect.kind === 'broadcast' && effect.message.kind === kind
        ? [effect.message as Extract<ReplicaMessage, { kind: K }>]
        : [],
    );
  }

  of<K extends ReplicaEffect['kind']>(kind: K): Extract<ReplicaEffect, { kind: K }>[] {
    return this.effects.filter((effect): effect is Extract<ReplicaEffect, { kind: K }> => effect.kind === kind);
  }

  /** Index of the validator at a place of the order. */
  at(place: number): number {
    return this.order[place] as number;
  }

  keyAt(place: number): Uint8Array {
    return keyAt(this.keys, this.at(place));
  }

  block(place: number, view: number, digests: readonly Uint8Array[] = []): Block {
    const rules = new BlockRules(this.config, this.keys.ports);
    return rules.make(this.chain, { view, ownKey: this.keyAt(place) }, digests, {
      nowMs: this.nowMs,
      wallMs: wallMs + this.nowMs,
    });
  }

  proposal(place: number, view: number, block: Block, timeouts: readonly Timeout[] | null = null): Proposal {
    const message = proposalMessage(this.config.chainId, block.header.height, view, blockHash(block.header));
    const signature = this.keys.ports.sign(this.keyAt(place), proposalDomain, message);
    return { view, block, timeouts, validator: this.at(place), signature };
  }

  vote(place: number, phase: number, view: number, hash: Uint8Array, resultRoot = resultOf(hash)): Vote {
    const voted = { phase, height: 1, view, blockHash: hash, resultRoot };
    const signature = this.keys.ports.sign(this.keyAt(place), voteDomain, voteMessage(this.config.chainId, voted));
    return { ...voted, validator: this.at(place), signature };
  }

  timeout(place: number, nextView: number, prepared: Certificate | null = null): Timeout {
    const draft = { height: 1, nextView, prepared };
    const signature = this.keys.ports.sign(
      this.keyAt(place),
      timeoutDomain,
      timeoutMessage(this.config.chainId, draft),
    );
    return { ...draft, validator: this.at(place), signature };
  }

  /** A genuine certificate by the first quorum of the order. */
  certificate(phase: number, view: number, hash: Uint8Array): Certificate {
    const votes = this.order.slice(0, quorum(this.order.length)).map((_, place) => this.vote(place, phase, view, hash));
    const signatures = votes.map(({ validator, signature }) => ({ validator, signature }));
    signatures.sort((a, b) => a.validator - b.validator);
    return { phase, height: 1, view, blockHash: hash, resultRoot: resultOf(hash), signatures };
  }

  /** A quorum of timeouts in the order that NEW-VIEW wants. */
  timeouts(places: readonly number[], nextView: number, prepared: Certificate | null = null): Timeout[] {
    return places.map((place) => this.timeout(place, nextView, prepared)).sort((a, b) => a.validator - b.validator);
  }
}
