/**
 * The mesh between validators: two mutually authenticated connections a pair, one for votes and one for bodies. Of two
 * validators the one with the greater public key dials both. Peers are known by their keys; `members` replaces them.
 */

import { assert } from '#core/assert';
import { compareBytes, toHex } from '#core/bytes';
import type { Clock } from '#core/clock';
import type { Entropy } from '#core/entropy';
import type { Log } from '#core/log';
import type { PeerId } from '../pbft/voting-set.ts';
import { type LaneName, laneOfKind, type PeerMessage } from '../wire/peer-message.ts';
import { frameOfMessage, type LaneFault } from './peer-lane.ts';
import { PeerListener, type StrangerFault } from './peer-listener.ts';
import { type MeshMember, PeerPair, type PeerView } from './peer-pair.ts';
import { type TlsIdentity, tlsIdentity } from './peer-tls.ts';

/** What the mesh needs. */
export interface PeerTransportOptions {
  readonly chainId: Uint8Array;
  readonly secretSeed: Uint8Array;
  readonly listen: { readonly host: string; readonly port: number };
  readonly members: readonly MeshMember[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  onMessage(from: PeerId, message: PeerMessage): void;
  /** A frame of so many bytes was taken for sending to one peer. */
  onTaken?(kind: PeerMessage['kind'], frameBytes: number): void;
  onConnected(peer: PeerId): void;
}

/** Faults that lie in what came through a lane, not in the line. */
const offences: ReadonlySet<LaneFault> = new Set(['NOT_A_FRAME', 'NOT_A_MESSAGE', 'WRONG_LANE', 'LIED']);

/** Connections to all peers, kept up. Messages to a peer that is away are dropped: replicas say again what counts. */
export class PeerTransport {
  readonly #options: PeerTransportOptions;
  readonly #listener: PeerListener;
  #identity: TlsIdentity;
  readonly #pairs = new Map<PeerId, PeerPair>();
  #cut = 0;
  #started = false;
  #stopped = false;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    this.#identity = tlsIdentity(options.secretSeed);
    const { chainId, listen, clock } = options;
    this.#listener = new PeerListener({
      chainId,
      listen,
      clock,
      identity: this.#identity,
      admit: (publicKey, lane, socket) => {
        const pair = this.#stopped ? undefined : this.#pairs.get(toHex(publicKey));
        return pair === undefined ? 'NOT_A_MEMBER' : pair.accept(lane, socket);
      },
    });
    this.members(options.members);
  }

  /** Listens, dials, and gives the port it listens on. Throws `PEER_PORT_TAKEN`. */
  async start(): Promise<number> {
    const port = await this.#listener.start();
    this.#started = true;
    for (const pair of this.#pairs.values()) pair.start();
    return port;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const pair of this.#pairs.values()) pair.stop('CLOSED');
    await this.#listener.stop();
  }

  /**
   * Replaces the members. Connections to those who are no members any more are closed before this returns, new members
   * are dialled, an address counts from the next dialling on. The own key in the list is passed over.
   */
  members(list: readonly MeshMember[]): void {
    const peers = list.filter(({ publicKey }) => compareBytes(publicKey, this.#identity.publicKey) !== 0);
    const keys = new Set(peers.map(({ publicKey }) => toHex(publicKey)));
    assert(keys.size === peers.length, 'a member is named once');
    for (const [key, pair] of this.#pairs) {
      if (keys.has(key)) continue;
      this.#pairs.delete(key);
      pair.stop('REMOVED');
    }
    for (const member of peers) {
      const key = toHex(member.publicKey);
      const pair = this.#pairs.get(key) ?? this.#meet(member);
      pair.member = member;
      this.#pairs.set(key, pair);
    }
  }

  /** Uses another own key: all connections are made anew under it. */
  useKey(secretSeed: Uint8Array): void {
    const members = [...this.#pairs.values()].map((pair) => pair.member);
    this.members([]);
    this.#identity = tlsIdentity(secretSeed);
    this.#listener.useIdentity(this.#identity);
    this.members(members);
  }

  /** Peers that votes reach now, in the order of the members. */
  connected(): PeerId[] {
    return [...this.#pairs.values()].flatMap((pair) => (pair.isOpen('urgent') ? [pair.id] : []));
  }

  /** All peers, in the order of the members. */
  peers(): PeerView[] {
    return [...this.#pairs.values()].map((pair) => pair.view());
  }

  /** Connections cut because of what came through them. */
  get cutCount(): number {
    return this.#cut;
  }

  /** Connections to the listener that did not become a lane, by reason. */
  get strangers(): Readonly<Partial<Record<StrangerFault, number>>> {
    return this.#listener.faults;
  }

  /** Connections to the listener that have not shown a key yet. */
  get strangerCount(): number {
    return this.#listener.strangerCount;
  }

  /** Whether the message was taken for sending. */
  send(to: PeerId, message: PeerMessage): boolean {
    const frame = frameOfMessage(message);
    const taken = this.#pairs.get(to)?.send(laneOf(message), frame) ?? false;
    if (taken) this.#options.onTaken?.(message.kind, frame.length);
    return taken;
  }

  broadcast(message: PeerMessage): void {
    const lane = laneOf(message);
    let frame: Uint8Array | null = null;
    for (const pair of this.#pairs.values()) {
      if (!pair.isOpen(lane)) continue;
      frame ??= frameOfMessage(message);
      if (pair.send(lane, frame)) this.#options.onTaken?.(message.kind, frame.length);
    }
  }

  /** The peer has said what it must have known to be false: it loses its bulk lane for a while. Its votes go on. */
  punish(peer: PeerId): void {
    this.#pairs.get(peer)?.punish();
  }

  #meet(member: MeshMember): PeerPair {
    const { chainId, clock, entropy, log } = this.#options;
    const pair: PeerPair = new PeerPair(member, {
      chainId,
      clock,
      entropy,
      identity: () => this.#identity,
      onOpen: (lane) => this.#opened(pair, lane),
      onMessage: (message) => this.#options.onMessage(pair.id, message),
      onClosed: (lane, fault) => {
        if (offences.has(fault)) this.#cut++;
        log.debug({ peer: pair.member.name, lane, fault }, 'connection to a peer ended');
      },
      onDialFault: (lane, fault) => {
        const peer = pair.member.name;
        const isAnother = fault === 'OTHER_KEY' || fault === 'OTHER_CHAIN';
        // While a validator changes its key it is a member under both, and answers under one of them.
        const changes = [...this.#pairs.values()].some((other) => other !== pair && other.member.name === peer);
        if (isAnother && !changes)
          log.warn({ event: 'peer-is-another', peer, lane, fault }, 'at the address of a peer somebody else answers');
        else log.debug({ peer, lane, fault }, 'a peer could not be dialled');
      },
    });
    if (this.#started && !this.#stopped) pair.start();
    return pair;
  }

  #opened(pair: PeerPair, lane: LaneName): void {
    this.#options.log.debug({ peer: pair.member.name, lane }, 'peer connected');
    if (lane === 'urgent') this.#options.onConnected(pair.id);
  }
}

function laneOf(message: PeerMessage): LaneName {
  return laneOfKind[message.kind] ?? 'urgent';
}
