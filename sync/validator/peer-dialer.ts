/** Keeps one lane to one peer dialled: connects, checks whose key answers, hands the socket on, and dials again when it ends. */
import { connect, type TLSSocket } from 'node:tls';
import { equalBytes } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { type Entropy, uniformInt } from '#core/entropy';
import type { LaneName } from '../wire/peer-message.ts';
import type { PeerAddress } from './peer-pair.ts';
import { agreedLane, dialOptions, keyOfPeer, type TlsIdentity } from './peer-tls.ts';

const redialMsMin = 50;
/** Longest wait before a peer that is away is dialled again, ms. */
export const redialMsMax = 1_000;
const doublingsMax = 16;
/** A lane that held for less counts as one more failure: the peer may be turning us away after the handshake. */
const steadyMs = 2_000;
/** Time for connecting and the handshake together, ms. */
export const handshakeMsMax = 5_000;

/** Why dialling gave no lane, for logs. */
export type DialFault = 'UNREACHABLE' | 'OTHER_CHAIN' | 'OTHER_KEY' | 'TOO_SLOW';

/** What a dialler needs. */
export interface DialerOptions {
  readonly chainId: Uint8Array;
  readonly lane: LaneName;
  /** The only key that may answer. */
  readonly publicKey: Uint8Array;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Own key and certificate at the time of dialling. */
  identity(): TlsIdentity;
  /** Where to dial; null where it is not known now. */
  address(): PeerAddress | null;
  /** A socket with the peer at its other end. The receiver owns it. */
  onSocket(socket: TLSSocket): void;
  onFault(fault: DialFault): void;
}

/** How long to wait before dialling again: full jitter, so that a restarted region does not dial in step. */
export function redialDelayMs(entropy: Entropy, failures: number): number {
  const limit = Math.min(redialMsMax, redialMsMin * 2 ** Math.min(failures, doublingsMax));
  return Math.floor(redialMsMin / 2) + uniformInt(entropy, limit);
}

/** One lane's dialler. */
export class PeerDialer {
  readonly #options: DialerOptions;
  #socket: TLSSocket | null = null;
  #timer: Timer | null = null;
  #failures = 0;

  constructor(options: DialerOptions) {
    this.#options = options;
  }

  start(): void {
    this.#timer = null;
    const { clock, lane, chainId, identity, address } = this.#options;
    const to = address();
    if (to === null) {
      this.#again(false);
      return;
    }
    const socket = connect({ host: to.host, port: to.port, ...dialOptions(identity(), chainId, lane) });
    this.#socket = socket;
    let openMs: number | null = null;
    let fault: DialFault = 'UNREACHABLE';
    const deadline = clock.setTimer(handshakeMsMax, () => {
      fault = 'TOO_SLOW';
      socket.destroy();
    });
    socket.on('secureConnect', () => {
      deadline.cancel();
      const mismatch = this.#mismatchOf(socket);
      if (mismatch !== null) {
        fault = mismatch;
        socket.destroy();
        return;
      }
      openMs = clock.monotonicMs();
      this.#options.onSocket(socket);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL') fault = 'OTHER_CHAIN';
    });
    socket.on('close', () => {
      deadline.cancel();
      // Stopped, or paused and dialled again since.
      if (this.#socket !== socket) return;
      if (openMs === null) this.#options.onFault(fault);
      const steady = openMs !== null && clock.monotonicMs() - openMs >= steadyMs;
      this.#again(steady);
    });
  }

  /** Ends the connection and dials no more. */
  stop(): void {
    this.#timer?.cancel();
    const socket = this.#socket;
    this.#socket = null;
    socket?.destroy();
  }

  /** Ends the connection and dials again after this time, or later. */
  pause(ms: number): void {
    this.stop();
    this.#timer = this.#options.clock.setTimer(ms, () => this.start());
  }

  #mismatchOf(socket: TLSSocket): DialFault | null {
    const { chainId, lane, publicKey } = this.#options;
    if (agreedLane(socket, chainId) !== lane) return 'OTHER_CHAIN';
    const key = keyOfPeer(socket);
    return key !== null && equalBytes(key, publicKey) ? null : 'OTHER_KEY';
  }

  #again(steady: boolean): void {
    this.#socket = null;
    this.#failures = steady ? 0 : Math.min(this.#failures + 1, doublingsMax);
    const delayMs = redialDelayMs(this.#options.entropy, this.#failures);
    this.#timer = this.#options.clock.setTimer(delayMs, () => this.start());
  }
}
