/**
 * Nodes with one bug each, around the production replica: what the checks must find. Each takes away one pillar of the
 * safety argument of SPEC.md by bending what the replica is given or what becomes of what it says.
 */
import { sha256 } from '#core/hash';
import type { ReplicaMessage, ReplicaPorts } from '#sync/pbft/types';
import type { VoteRecord } from '#sync/pbft/vote-record';
import type { Block } from '#sync/wire/block';
import { timeoutDomain } from '#sync/wire/vote';
import { Forger } from './forgeries.ts';
import type { Final } from './simulated-disk.ts';
import { SimulatedNode } from './simulated-node.ts';

/** R11: forgets at every start what it has said. */
export class ForgetfulNode extends SimulatedNode {
  protected override recordAtStart(): VoteRecord | null {
    return null;
  }
}

/** R10: speaks first and writes afterwards. */
export class HastyNode extends SimulatedNode {
  protected override persist(record: VoteRecord, answer: () => void): void {
    this.later(0, answer);
    super.persist(record, () => {});
  }
}

/** R9: votes for blocks that it has not written. */
export class BodilessNode extends SimulatedNode {
  protected override writeBlock(_block: Block, _hash: Uint8Array, answer: () => void): void {
    this.later(0, answer);
  }
}

/** R18: takes any fresh block of a NEW-VIEW, whatever the timeouts with it have prepared. */
export class CredulousNode extends SimulatedNode {
  override get ports(): ReplicaPorts {
    const { ports } = this.region.keys;
    return { ...ports, verify: (signed) => signed.domain === timeoutDomain || ports.verify(signed) };
  }

  protected override take(from: number, message: ReplicaMessage): void {
    if (message.kind !== 'proposal') {
      super.take(from, message);
      return;
    }
    const { proposal } = message;
    const { view, timeouts, block } = proposal;
    const blind = timeouts !== null && block.header.viewOfOrigin === view;
    const shown = blind ? timeouts.map((timeout) => ({ ...timeout, prepared: null })) : timeouts;
    super.take(from, { kind: 'proposal', proposal: { ...proposal, timeouts: shown } });
  }
}

/** R15: asks for a view without naming what it has prepared. */
export class SilentLockNode extends SimulatedNode {
  override send(to: number, message: ReplicaMessage): void {
    if (message.kind !== 'timeout') {
      super.send(to, message);
      return;
    }
    const { height, nextView } = message.timeout;
    const forger = new Forger(this.config.chainId, this.region.keys, this.index);
    // Past the check that would notice at once: what follows from it is to be found.
    this.region.deliver(this.place, to, { kind: 'timeout', timeout: forger.timeout(height, nextView, null) });
  }
}

/** R14, R23: takes blocks that peers hand it without looking at their certificates. */
export class TrustingNode extends SimulatedNode {
  protected override checksFinal({ block }: Final): boolean {
    return block.header.height === this.height + 1;
  }
}

/** R12: believes every signature. */
export class UncheckingNode extends SimulatedNode {
  override get ports(): ReplicaPorts {
    return { ...this.region.keys.ports, verify: () => true };
  }
}

/** R9: its execution depends on more than the block: on which machine it is, at one height in four. */
export class WaywardNode extends SimulatedNode {
  protected override resultOf(block: Block, hash: Uint8Array): Uint8Array {
    const result = super.resultOf(block, hash);
    return block.header.height % 4 === 3 && this.place === 0 ? sha256(result) : result;
  }
}
