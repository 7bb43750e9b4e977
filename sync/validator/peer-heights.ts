/** How far the other validators say they have come, and whether that leaves this one behind. What they say is a hint. */
import { toHex } from '#core/bytes';
import { faultyMax, quorum } from '#ledger/validators/quorum';
import type { PeerId } from '../pbft/voting-set.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';

/** What was heard in this life of the process. */
export class PeerHeights {
  readonly #heights = new Map<PeerId, number>();

  /** A peer has said that it has committed up to this height. */
  note(peer: PeerId, height: number): void {
    this.#heights.set(peer, height);
  }

  /**
   * Whether a member that has committed up to `height` lacks nothing: with it a quorum of the members has spoken, and of those
   * that claim most, f left aside, nobody is ahead. f liars can neither hold it back nor push it on.
   */
  isCurrent(members: readonly ValidatorInfo[], own: PeerId, height: number): boolean {
    const ids = members.map(({ publicKey }) => toHex(publicKey));
    if (!ids.includes(own)) return false;
    for (const known of this.#heights.keys()) if (!ids.includes(known)) this.#heights.delete(known);
    const said = ids.flatMap((id) => (id === own ? [] : (this.#heights.get(id) ?? [])));
    if (said.length + 1 < quorum(ids.length)) return false;
    const claimed = said.sort((a, b) => b - a)[faultyMax(ids.length)];
    return claimed === undefined || height >= claimed;
  }
}
