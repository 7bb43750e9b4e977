/**
 * One connection between two validators: mutual challenge, then framed messages. Whoever says anything that is not
 * a message is cut. What passes is only known to come from the peer's connection: statements carry own signatures.
 */
import type { Socket } from 'node:net';
import { assert } from '#core/assert';
import { equalBytes } from '#core/bytes';
import type { Clock, Timer } from '#core/clock';
import { encodeCbor } from '#core/codec';
import { signMessage, verifySignature } from '#core/ed25519';
import type { Entropy } from '#core/entropy';
import { decode, encode } from '#core/format';
import type { ValidatorInfo } from '../wire/genesis.ts';
import { type PeerMessage, peerFrameBytesMax, peerMessageFormat } from '../wire/peer-message.ts';
import { FrameReader, frameOf } from './frame-reader.ts';
import { SendQueue } from './send-queue.ts';

/** Signature domain of the challenge. */
export const helloDomain = 'bizain/hello/1';
const handshakeMsMax = 5_000;
/** A peer says its status every two seconds: silence longer than this is a dead line. */
const silenceMsMax = 15_000;
const handshakeBytesMax = 256;
/** Node's socket buffer is kept this small, so that votes overtake bodies. */
const socketBytesMax = 256 * 1024;

/** Why a link ended, for logs. */
export type LinkFault =
  | 'NOT_A_FRAME'
  | 'NOT_A_MESSAGE'
  | 'OTHER_CHAIN'
  | 'NOT_EXPECTED'
  | 'BAD_PROOF'
  | 'OUT_OF_ORDER'
  | 'SILENT'
  | 'CLOSED';

/** What a link needs to know of its owner. */
export interface LinkOptions {
  readonly chainId: Uint8Array;
  readonly self: number;
  readonly validators: readonly ValidatorInfo[];
  readonly secretSeed: Uint8Array;
  readonly clock: Clock;
  readonly entropy: Entropy;
  /** Whether this side dialled. */
  readonly dialled: boolean;
  /** Whether the peer may be this validator. */
  expects(validator: number): boolean;
  onOpen(link: PeerLink): void;
  onMessage(link: PeerLink, message: PeerMessage): void;
  onClosed(link: PeerLink, fault: LinkFault): void;
}

/** The challenge's bytes: both nonces, both ends, and who dialled, so that no proof fits another place. */
export function helloMessage(
  chainId: Uint8Array,
  proof: {
    readonly peerNonce: Uint8Array;
    readonly ownNonce: Uint8Array;
    readonly own: number;
    readonly peer: number;
    readonly dialled: boolean;
  },
): Uint8Array {
  return encodeCbor([chainId, proof.peerNonce, proof.ownNonce, proof.own, proof.peer, proof.dialled]);
}

/** A connection on one socket, which it owns. */
export class PeerLink {
  readonly #socket: Socket;
  readonly #options: LinkOptions;
  readonly #reader = new FrameReader();
  readonly #queue = new SendQueue();
  readonly #nonce: Uint8Array;
  #peerNonce: Uint8Array | null = null;
  #peer: number | null = null;
  #open = false;
  #closed = false;
  #blocked = false;
  #heardMs: number;
  #watch: Timer;

  constructor(socket: Socket, options: LinkOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#nonce = options.entropy.bytes(32);
    this.#heardMs = options.clock.monotonicMs();
    this.#watch = options.clock.setTimer(handshakeMsMax, () => this.#checkSilence());
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    socket.on('drain', () => this.#flush(true));
    socket.on('error', () => this.close('CLOSED'));
    socket.on('close', () => this.close('CLOSED'));
    this.#write({ kind: 'hello', chainId: options.chainId, validator: options.self, nonce: this.#nonce });
  }

  /** The validator at the other end; only once the link is open. */
  get peer(): number {
    assert(this.#peer !== null, 'the peer is not known yet');
    return this.#peer;
  }

  /** Sends a frame made by `frameOfMessage`; false when the queue refused it. */
  send(frame: Uint8Array, urgent: boolean): boolean {
    if (!this.#open || !this.#queue.add(frame, urgent)) return false;
    this.#flush(false);
    return true;
  }

  /** Ends the link. Further calls do nothing. */
  close(fault: LinkFault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#open = false;
    this.#watch.cancel();
    this.#socket.destroy();
    this.#options.onClosed(this, fault);
  }

  #checkSilence(): void {
    const { clock } = this.#options;
    if (!this.#open || clock.monotonicMs() - this.#heardMs > silenceMsMax) {
      this.close('SILENT');
      return;
    }
    this.#watch = clock.setTimer(silenceMsMax / 3, () => this.#checkSilence());
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    this.#heardMs = this.#options.clock.monotonicMs();
    this.#reader.push(chunk);
    while (!this.#closed) {
      const frame = this.#reader.next(this.#open ? peerFrameBytesMax : handshakeBytesMax);
      if (frame === undefined) return;
      const decoded = frame === null ? null : decode(peerMessageFormat, frame);
      if (decoded === null) {
        this.close('NOT_A_FRAME');
        return;
      }
      if (!decoded.ok) {
        this.close('NOT_A_MESSAGE');
        return;
      }
      this.#take(decoded.value.message);
    }
  }

  #take(message: PeerMessage): void {
    if (message.kind === 'hello') {
      this.#takeHello(message);
      return;
    }
    if (message.kind === 'hello-proof') {
      this.#takeProof(message.signature);
      return;
    }
    if (!this.#open) {
      this.close('OUT_OF_ORDER');
      return;
    }
    this.#options.onMessage(this, message);
  }

  #takeHello(hello: Extract<PeerMessage, { kind: 'hello' }>): void {
    const { chainId, self, validators, secretSeed, dialled } = this.#options;
    if (this.#peerNonce !== null) {
      this.close('OUT_OF_ORDER');
      return;
    }
    if (!equalBytes(hello.chainId, chainId)) {
      this.close('OTHER_CHAIN');
      return;
    }
    const known = validators[hello.validator] !== undefined && hello.validator !== self;
    if (!known || !this.#options.expects(hello.validator)) {
      this.close('NOT_EXPECTED');
      return;
    }
    this.#peerNonce = hello.nonce;
    this.#peer = hello.validator;
    const message = helloMessage(chainId, {
      peerNonce: hello.nonce,
      ownNonce: this.#nonce,
      own: self,
      peer: this.#peer,
      dialled,
    });
    this.#write({ kind: 'hello-proof', signature: signMessage(secretSeed, helloDomain, message) });
  }

  #takeProof(signature: Uint8Array): void {
    const { chainId, self, validators, dialled } = this.#options;
    if (this.#peerNonce === null || this.#peer === null || this.#open) {
      this.close('OUT_OF_ORDER');
      return;
    }
    const proof = { peerNonce: this.#nonce, ownNonce: this.#peerNonce, own: this.#peer, peer: self, dialled: !dialled };
    const { publicKey } = validators[this.#peer] as ValidatorInfo;
    const message = helloMessage(chainId, proof);
    if (!verifySignature({ publicKey, domain: helloDomain, message, signature })) {
      this.close('BAD_PROOF');
      return;
    }
    this.#open = true;
    this.#options.onOpen(this);
  }

  #write(message: PeerMessage): void {
    this.#socket.write(frameOfMessage(message));
  }

  #flush(drained: boolean): void {
    if (drained) this.#blocked = false;
    while (!this.#blocked && !this.#closed) {
      const frame = this.#queue.next();
      if (frame === undefined) return;
      this.#socket.write(frame);
      // The socket says `drain` only once its buffer has passed its own mark, which is lower than ours.
      this.#blocked = this.#socket.writableNeedDrain && this.#socket.writableLength > socketBytesMax;
    }
  }
}

/** The frame of a message. */
export function frameOfMessage(message: PeerMessage): Uint8Array {
  return frameOf(encode(peerMessageFormat, { message }));
}
