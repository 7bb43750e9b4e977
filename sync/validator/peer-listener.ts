/**
 * Where peers connect to. Connections that have not shown a member's key are few, short-lived and cheap: counted by
 * address and in all, the oldest goes for a newcomer, and handshakes, which cost a signature each, are rationed.
 */
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TLSSocket, type Server as TlsServer } from 'node:tls';
import type { Clock, Timer } from '#core/clock';
import { BizainError } from '#core/errors';
import type { LaneName } from '../wire/peer-message.ts';
import { Allowance } from './allowance.ts';
import type { ValidatorErrorCode } from './errors.ts';
import { handshakeMsMax } from './peer-dialer.ts';
import { acceptOptions, agreedLane, keyOfPeer, type TlsIdentity } from './peer-tls.ts';

/** Connections without a known key, in all. */
export const strangersMax = 128;
/** The same from one address: all lanes of the largest region on one machine, and some. */
export const strangersMaxAddress = 48;
/** Handshakes a second from addresses where no member has been, and where one has been. */
const strangeHandshakes = { perSecond: 200, perSecondEach: 20, burstSeconds: 4 };
const knownHandshakes = { perSecond: 400, perSecondEach: 100, burstSeconds: 4 };
const knownAddressesMax = 64;

/** Why a connection did not become a lane, for counting. */
export type StrangerFault =
  | 'RATIONED'
  | 'CROWDED'
  | 'TOO_SLOW'
  | 'NO_TLS'
  | 'NO_KEY'
  | 'NOT_A_MEMBER'
  | 'NOT_EXPECTED'
  | 'PUNISHED';

/** What a listener needs. */
export interface ListenerOptions {
  readonly chainId: Uint8Array;
  readonly listen: { readonly host: string; readonly port: number };
  readonly identity: TlsIdentity;
  readonly clock: Clock;
  /** Whether the owner of this key may have the lane: null, and the socket is the receiver's; or why not. */
  admit(publicKey: Uint8Array, lane: LaneName, socket: TLSSocket): StrangerFault | null;
}

interface Stranger {
  readonly socket: Socket;
  readonly address: string;
  readonly deadline: Timer;
}

/** Unique among the connections of one listener. */
const nameOf = (socket: Socket): string => `${socket.remoteAddress ?? ''} ${socket.remotePort ?? 0}`;

/** The listener of one validator. */
export class PeerListener {
  readonly #options: ListenerOptions;
  readonly #server: Server;
  readonly #tls: TlsServer;
  /** The oldest first. */
  readonly #strangers = new Map<string, Stranger>();
  readonly #knownAddresses = new Set<string>();
  readonly #strangeHandshakes: Allowance;
  readonly #knownHandshakes: Allowance;
  readonly #faults: Partial<Record<StrangerFault, number>> = {};

  constructor(options: ListenerOptions) {
    this.#options = options;
    this.#strangeHandshakes = new Allowance(options.clock, strangeHandshakes);
    this.#knownHandshakes = new Allowance(options.clock, knownHandshakes);
    this.#tls = createTlsServer(acceptOptions(options.identity, options.chainId));
    this.#tls.on('secureConnection', (socket) => this.#greet(socket));
    // The connection's `close` follows, where it is counted.
    this.#tls.on('tlsClientError', (_error, socket) => socket.destroy());
    this.#server = createServer((socket) => this.#accept(socket));
  }

  /** Listens, and gives the port. Throws `PEER_PORT_TAKEN`. */
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
    const address = this.#server.address();
    return typeof address === 'object' && address !== null ? address.port : port;
  }

  /** Listens no more and drops the strangers. Lanes must have been closed before. */
  async stop(): Promise<void> {
    for (const { socket } of this.#strangers.values()) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  /** Shows another certificate from the next handshake on. */
  useIdentity({ settings }: TlsIdentity): void {
    this.#tls.setSecureContext(settings);
  }

  /** Connections that have not shown a member's key yet. */
  get strangerCount(): number {
    return this.#strangers.size;
  }

  /** Connections that did not become a lane, by reason. */
  get faults(): Readonly<Partial<Record<StrangerFault, number>>> {
    return this.#faults;
  }

  #count(fault: StrangerFault): void {
    this.#faults[fault] = (this.#faults[fault] ?? 0) + 1;
  }

  #accept(socket: Socket): void {
    socket.on('error', () => undefined);
    const address = socket.remoteAddress ?? '';
    const allowance = this.#knownAddresses.has(address) ? this.#knownHandshakes : this.#strangeHandshakes;
    if (!allowance.take(address)) {
      this.#count('RATIONED');
      socket.destroy();
      return;
    }
    this.#makeRoom(address);
    const name = nameOf(socket);
    const deadline = this.#options.clock.setTimer(handshakeMsMax, () => this.#drop(name, 'TOO_SLOW'));
    this.#strangers.set(name, { socket, address, deadline });
    socket.on('close', () => this.#drop(name, 'NO_TLS'));
    this.#tls.emit('connection', socket);
  }

  /** An honest handshake takes milliseconds: whoever has been here longest is the least likely to be one. */
  #makeRoom(address: string): void {
    const sameAddress = [...this.#strangers].filter(([, stranger]) => stranger.address === address);
    if (sameAddress.length >= strangersMaxAddress) this.#drop((sameAddress[0] as [string, Stranger])[0], 'CROWDED');
    const oldest = this.#strangers.keys().next();
    if (this.#strangers.size >= strangersMax && !oldest.done) this.#drop(oldest.value, 'CROWDED');
  }

  #drop(name: string, fault: StrangerFault): void {
    const stranger = this.#forget(name);
    if (stranger === undefined) return;
    this.#count(fault);
    stranger.socket.destroy();
  }

  #forget(name: string): Stranger | undefined {
    const stranger = this.#strangers.get(name);
    stranger?.deadline.cancel();
    this.#strangers.delete(name);
    return stranger;
  }

  #greet(socket: TLSSocket): void {
    socket.on('error', () => undefined);
    const stranger = this.#forget(nameOf(socket));
    const key = keyOfPeer(socket);
    const lane = agreedLane(socket, this.#options.chainId);
    const known = stranger !== undefined && key !== null && lane !== null;
    const fault = known ? this.#options.admit(key, lane, socket) : 'NO_KEY';
    if (fault !== null) {
      this.#count(fault);
      socket.destroy();
      return;
    }
    if (stranger === undefined) return;
    if (this.#knownAddresses.size >= knownAddressesMax) this.#knownAddresses.clear();
    this.#knownAddresses.add(stranger.address);
  }
}
