/** This validator and one peer: the two lanes between them, and who dials them. */
import type { TLSSocket } from 'node:tls';
import { compareBytes, toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { PeerId } from '../pbft/voting-set.ts';
import type { LaneName, PeerMessage } from '../wire/peer-message.ts';
import { type DialFault, PeerDialer } from './peer-dialer.ts';
import { type LaneFault, PeerLane } from './peer-lane.ts';
import type { StrangerFault } from './peer-listener.ts';
import type { TlsIdentity } from './peer-tls.ts';

const laneNames: readonly LaneName[] = ['urgent', 'bulk'];
/** How long a peer that lied is without its bulk lane, ms. */
export const punishmentMs = 30_000;

/** Where a validator listens for its peers. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

/** One validator as the mesh knows it. */
export interface MeshMember {
  readonly publicKey: Uint8Array;
  readonly name: string;
  /** Null where nobody has said: it can only dial. */
  readonly address: PeerAddress | null;
}

/** How the mesh stands with one peer. */
export interface PeerView {
  readonly peer: PeerId;
  readonly name: string;
  readonly urgent: boolean;
  readonly bulk: boolean;
  /** Bytes that wait for the peer to read, on both lanes. */
  readonly queuedBytes: number;
  /** Frames let go or refused since the member is one, because the peer did not read. */
  readonly droppedFrames: number;
}

/** What a pair needs to know of the mesh. */
export interface PairOptions {
  readonly chainId: Uint8Array;
  readonly clock: Clock;
  readonly entropy: Entropy;
  identity(): TlsIdentity;
  onOpen(lane: LaneName): void;
  onMessage(message: PeerMessage): void;
  onClosed(lane: LaneName, fault: LaneFault): void;
  onDialFault(lane: LaneName, fault: DialFault): void;
}

/** One peer of the mesh. */
export class PeerPair {
  /** Address and name may be replaced; the key stays. */
  member: MeshMember;
  readonly id: PeerId;
  readonly #options: PairOptions;
  readonly #dials: boolean;
  readonly #lanes = new Map<LaneName, PeerLane>();
  readonly #dialers = new Map<LaneName, PeerDialer>();
  #bulkFromMs = 0;
  #droppedBefore = 0;

  constructor(member: MeshMember, options: PairOptions) {
    this.member = member;
    this.id = toHex(member.publicKey);
    this.#options = options;
    // One of the two dials, or each would keep replacing the other's connection. It is the one that notices a dead line by
    // its silence and dials again; the other then takes the new connection for the old one.
    this.#dials = compareBytes(options.identity().publicKey, member.publicKey) > 0;
  }

  start(): void {
    if (!this.#dials) return;
    const { chainId, clock, entropy, identity, onDialFault } = this.#options;
    for (const lane of laneNames) {
      const dialer = new PeerDialer({
        chainId,
        lane,
        publicKey: this.member.publicKey,
        clock,
        entropy,
        identity,
        address: () => this.member.address,
        onSocket: (socket) => this.#open(lane, socket),
        onFault: (fault) => onDialFault(lane, fault),
      });
      this.#dialers.set(lane, dialer);
      dialer.start();
    }
  }

  stop(fault: LaneFault): void {
    for (const dialer of this.#dialers.values()) dialer.stop();
    this.#dialers.clear();
    for (const lane of [...this.#lanes.values()]) lane.close(fault);
  }

  /** Takes a connection that the peer has dialled: null when it is taken. */
  accept(lane: LaneName, socket: TLSSocket): StrangerFault | null {
    if (this.#dials) return 'NOT_EXPECTED';
    if (lane === 'bulk' && this.#options.clock.monotonicMs() < this.#bulkFromMs) return 'PUNISHED';
    this.#open(lane, socket);
    return null;
  }

  isOpen(lane: LaneName): boolean {
    return this.#lanes.has(lane);
  }

  /** False when the lane is not open or refuses. */
  send(lane: LaneName, frame: Uint8Array): boolean {
    return this.#lanes.get(lane)?.send(frame) ?? false;
  }

  /** Cuts the bulk lane and keeps it cut for a while. */
  punish(): void {
    this.#bulkFromMs = this.#options.clock.monotonicMs() + punishmentMs;
    this.#lanes.get('bulk')?.close('LIED');
    this.#dialers.get('bulk')?.pause(punishmentMs);
  }

  view(): PeerView {
    const lanes = [...this.#lanes.values()];
    return {
      peer: this.id,
      name: this.member.name,
      urgent: this.isOpen('urgent'),
      bulk: this.isOpen('bulk'),
      queuedBytes: lanes.reduce((sum, lane) => sum + lane.queuedBytes, 0),
      droppedFrames: lanes.reduce((sum, lane) => sum + lane.droppedFrames, this.#droppedBefore),
    };
  }

  #open(name: LaneName, socket: TLSSocket): void {
    const { clock, onOpen, onMessage, onClosed } = this.#options;
    const lane: PeerLane = new PeerLane(socket, {
      lane: name,
      clock,
      onMessage,
      onClosed: (fault) => {
        this.#droppedBefore += lane.droppedFrames;
        if (this.#lanes.get(name) === lane) this.#lanes.delete(name);
        onClosed(name, fault);
      },
    });
    const before = this.#lanes.get(name);
    this.#lanes.set(name, lane);
    // The peer has shown its key anew: the older connection is the half-open one.
    before?.close('REPLACED');
    onOpen(name);
  }
}
