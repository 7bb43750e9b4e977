/** The mesh between validators: one authenticated connection a pair, dialled by the one with the higher index. */
import { createServer, connect as dial, type Server, type Socket } from 'node:net';
import type { Clock, Timer } from '#core/clock';
import { type Entropy, uniformInt } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { Log } from '#core/log';
import type { ValidatorInfo } from '../wire/genesis.ts';
import type { PeerMessage } from '../wire/peer-message.ts';
import type { ValidatorErrorCode } from './errors.ts';
import { frameOfMessage, type LinkFault, PeerLink } from './peer-link.ts';

const redialMsMin = 50;
const redialMsMax = 5_000;
/** Connections that have not proved who they are. */
const strangersMax = 64;

/** Messages that must not wait behind bodies. */
const urgentKinds: ReadonlySet<PeerMessage['kind']> = new Set([
  'proposal',
  'vote',
  'timeout',
  'status',
  'want-block',
  'want-bodies',
  'want-blocks',
]);

/** An address of a peer. */
export interface PeerAddress {
  readonly validator: number;
  readonly host: string;
  readonly port: number;
}

/** What the mesh needs. */
export interface PeerTransportOptions {
  readonly chainId: Uint8Array;
  readonly self: number;
  readonly validators: readonly ValidatorInfo[];
  readonly secretSeed: Uint8Array;
  readonly listen: { readonly host: string; readonly port: number };
  readonly peers: readonly PeerAddress[];
  readonly clock: Clock;
  readonly entropy: Entropy;
  readonly log: Log;
  onMessage(from: number, message: PeerMessage): void;
  onConnected(peer: number): void;
}

/** Connections to all peers, kept up. Messages to a peer that is away are dropped: replicas say again what counts. */
export class PeerTransport {
  readonly #options: PeerTransportOptions;
  readonly #server: Server;
  readonly #links = new Map<number, PeerLink>();
  readonly #all = new Set<PeerLink>();
  readonly #redials = new Map<number, Timer>();
  #strangers = 0;
  #cut = 0;
  #stopped = false;

  constructor(options: PeerTransportOptions) {
    this.#options = options;
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens, dials, and gives the port it listens on. Throws `PEER_PORT_TAKEN`. */
  async start(): Promise<number> {
    const { host, port } = this.#options.listen;
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', (cause) => {
        const code: ValidatorErrorCode = 'PEER_PORT_TAKEN';
        const message = `Could not listen for peers on ${host}:${port}: ${cause.message}. Choose another port or stop what uses it.`;
        reject(new BizainError({ code, message, cause }));
      });
      this.#server.listen(port, host, resolve);
    });
    for (const peer of this.#options.peers) if (peer.validator < this.#options.self) this.#dial(peer, 0);
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#redials.values()) timer.cancel();
    for (const link of [...this.#all]) link.close('CLOSED');
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Validators that are connected. */
  connected(): number[] {
    return [...this.#links.keys()].sort((a, b) => a - b);
  }

  /** Connections cut because of what came through them. */
  get cutCount(): number {
    return this.#cut;
  }

  /** Whether the message was taken for sending. */
  send(to: number, message: PeerMessage): boolean {
    const link = this.#links.get(to);
    return link?.send(frameOfMessage(message), urgentKinds.has(message.kind)) ?? false;
  }

  broadcast(message: PeerMessage): void {
    if (this.#links.size === 0) return;
    const frame = frameOfMessage(message);
    const urgent = urgentKinds.has(message.kind);
    for (const link of this.#links.values()) link.send(frame, urgent);
  }

  #accept(socket: Socket): void {
    if (this.#stopped || this.#strangers >= strangersMax) {
      socket.destroy();
      return;
    }
    this.#link(socket, null, () => undefined);
  }

  #dial(peer: PeerAddress, failures: number): void {
    if (this.#stopped) return;
    const socket = dial({ host: peer.host, port: peer.port });
    let opened = false;
    this.#link(
      socket,
      peer.validator,
      () => {
        opened = true;
      },
      () => {
        const limit = Math.min(redialMsMax, redialMsMin * 2 ** (opened ? 0 : failures));
        // Full jitter, so that a restarted region does not dial in step.
        const delayMs = redialMsMin / 2 + uniformInt(this.#options.entropy, limit);
        const again = () => this.#dial(peer, opened ? 0 : Math.min(failures + 1, 16));
        if (!this.#stopped) this.#redials.set(peer.validator, this.#options.clock.setTimer(delayMs, again));
      },
    );
  }

  #link(socket: Socket, expected: number | null, onOpen: () => void, onClosed: () => void = () => undefined): void {
    const { chainId, self, validators, secretSeed, clock, entropy } = this.#options;
    let stranger = expected === null;
    if (stranger) this.#strangers++;
    const noStranger = () => {
      if (stranger) this.#strangers--;
      stranger = false;
    };
    const link = new PeerLink(socket, {
      chainId,
      self,
      validators,
      secretSeed,
      clock,
      entropy,
      dialled: expected !== null,
      expects: (validator) => (expected === null ? validator > self : validator === expected),
      onOpen: (opened) => {
        noStranger();
        onOpen();
        this.#opened(opened);
      },
      onMessage: (from, message) => this.#options.onMessage(from.peer, message),
      onClosed: (closed, fault) => {
        noStranger();
        this.#closed(closed, fault);
        onClosed();
      },
    });
    this.#all.add(link);
  }

  #opened(link: PeerLink): void {
    const { peer } = link;
    const before = this.#links.get(peer);
    this.#links.set(peer, link);
    // The peer has proved itself anew: the older connection is the half-open one.
    before?.close('CLOSED');
    this.#options.log.info({ peer }, 'peer connected');
    this.#options.onConnected(peer);
  }

  #closed(link: PeerLink, fault: LinkFault): void {
    this.#all.delete(link);
    const was = [...this.#links].find(([, open]) => open === link)?.[0];
    if (was !== undefined) this.#links.delete(was);
    if (fault !== 'CLOSED') this.#cut++;
    if (fault !== 'CLOSED' || was !== undefined)
      this.#options.log.info({ peer: was ?? null, fault }, 'peer connection ended');
  }
}
