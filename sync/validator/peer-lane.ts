/**
 * One of the two connections to a peer, once it is known whose it is: framed messages both ways, a bounded queue, and a
 * watch over both directions. Whoever says anything that is not a message of this lane is cut. What passes is only known
 * to come from the peer's connection: statements carry own signatures.
 */
import type { Socket } from 'node:net';
import type { Clock, Timer } from '#core/clock';
import { decode, encode } from '#core/format';
import {
  type LaneName,
  laneOfKind,
  type PeerMessage,
  peerFrameBytesMax,
  peerMessageFormat,
  urgentFrameBytesMax,
} from '../wire/peer-message.ts';
import { FrameReader, frameOf } from './frame-reader.ts';
import { SendQueue } from './send-queue.ts';

/** How often a lane looks whether anything moved. */
export const laneCheckMs = 2_000;
/** Looks in a row at which nothing had been heard: a dead line. Counted, not timed, for this process may itself have stood still. */
export const silentChecksMax = 3;
/** Looks in a row at which something waited and nothing of it had gone: a peer that does not read. */
export const stuckChecksMax = 10;
/** What the socket holds; more waits in the queue, where it is bounded and may be let go. */
const socketBytesMax = 256 * 1024;
/** Frames a second that are taken; whoever sends more is read more slowly. Far above what an honest peer says. */
export const framesPerSecondMax: Readonly<Record<LaneName, number>> = { urgent: 4_000, bulk: 20_000 };
/** What is read of a bulk lane in one turn of the event loop: votes on other connections are looked for in between. */
const turnBytesMax = 64 * 1024;
/** Frames are written in pieces of this size, so that progress on a slow line is seen. */
const pieceBytes = 64 * 1024;

/** Why a lane ended, for logs. */
export type LaneFault =
  | 'NOT_A_FRAME'
  | 'NOT_A_MESSAGE'
  | 'WRONG_LANE'
  | 'LIED'
  | 'SILENT'
  | 'STUCK'
  | 'REMOVED'
  | 'REPLACED'
  | 'CLOSED';

/** What a lane needs to know of its owner. */
export interface LaneOptions {
  readonly lane: LaneName;
  readonly clock: Clock;
  onMessage(message: PeerMessage): void;
  onClosed(fault: LaneFault): void;
}

/** The frame of a message. */
export function frameOfMessage(message: PeerMessage): Uint8Array {
  return frameOf(encode(peerMessageFormat, { message }));
}

/** A lane on one socket, which it owns. */
export class PeerLane {
  readonly #socket: Socket;
  readonly #options: LaneOptions;
  readonly #reader = new FrameReader();
  readonly #queue: SendQueue;
  readonly #written = () => this.#flush(true);
  #rest: Uint8Array = new Uint8Array(0);
  #closed = false;
  #heard = true;
  #spoken = true;
  #moved = true;
  #silentChecks = 0;
  #stuckChecks = 0;
  #framesTaken = 0;
  #turnBytes = 0;
  #secondMs: number;
  /** Set while the peer has used up what is taken of it in this second. */
  #pause: Timer | null = null;
  #watch: Timer;

  constructor(socket: Socket, options: LaneOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#queue = new SendQueue(options.lane);
    this.#secondMs = options.clock.monotonicMs();
    this.#watch = options.clock.setTimer(laneCheckMs, () => this.#check());
    socket.setNoDelay(true);
    socket.on('data', (chunk: Uint8Array) => this.#receive(chunk));
    socket.on('error', () => this.close('CLOSED'));
    socket.on('close', () => this.close('CLOSED'));
    // The other end will say nothing more: half a lane is of no use.
    socket.on('end', () => this.close('CLOSED'));
  }

  /** Bytes that wait behind those the socket holds. */
  get queuedBytes(): number {
    return this.#queue.bytes;
  }

  /** Frames let go or refused because the queue was full. */
  get droppedFrames(): number {
    return this.#queue.dropped;
  }

  /** Sends a frame made by `frameOfMessage`; false when the queue refused it. */
  send(frame: Uint8Array): boolean {
    if (this.#closed || !this.#queue.add(frame)) return false;
    this.#flush(false);
    return true;
  }

  /** Ends the lane and forgets what waits. Further calls do nothing. */
  close(fault: LaneFault): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#watch.cancel();
    this.#pause?.cancel();
    this.#socket.destroy();
    this.#options.onClosed(fault);
  }

  #check(): void {
    this.#silentChecks = this.#heard || this.#pause !== null ? 0 : this.#silentChecks + 1;
    const waits = this.#socket.writableLength > 0;
    this.#stuckChecks = this.#moved || !waits ? 0 : this.#stuckChecks + 1;
    if (this.#silentChecks >= silentChecksMax || this.#stuckChecks >= stuckChecksMax) {
      this.close(this.#stuckChecks >= stuckChecksMax ? 'STUCK' : 'SILENT');
      return;
    }
    if (!this.#spoken && !waits) this.send(frameOfMessage({ kind: 'alive' }));
    this.#heard = false;
    this.#moved = false;
    this.#spoken = false;
    this.#watch = this.#options.clock.setTimer(laneCheckMs, () => this.#check());
  }

  #receive(chunk: Uint8Array): void {
    if (this.#closed) return;
    const { lane } = this.#options;
    this.#heard = true;
    if (lane === 'bulk') this.#shareTurn(chunk.length);
    this.#reader.push(chunk);
    while (!this.#closed) {
      const frame = this.#reader.next(lane === 'urgent' ? urgentFrameBytesMax : peerFrameBytesMax);
      if (frame === undefined) break;
      this.#framesTaken++;
      const fault = frame === null ? 'NOT_A_FRAME' : this.#take(frame);
      if (fault !== null) this.close(fault);
    }
    this.#slowDown();
  }

  /** The system hands over one connection's data as long as there is any, megabytes in a row on a fast line. */
  #shareTurn(bytes: number): void {
    this.#turnBytes += bytes;
    if (this.#turnBytes < turnBytesMax) return;
    this.#turnBytes = 0;
    this.#socket.pause();
    setImmediate(() => {
      if (this.#pause === null && !this.#closed) this.#socket.resume();
    });
  }

  /** Beyond its frames a second a peer is not read: its own buffers fill up, not ours, and nobody else waits for it. */
  #slowDown(): void {
    const { clock, lane } = this.#options;
    if (this.#closed || this.#pause !== null) return;
    const sinceMs = clock.monotonicMs() - this.#secondMs;
    if (sinceMs >= 1_000) {
      this.#secondMs += sinceMs;
      this.#framesTaken = 0;
      return;
    }
    if (this.#framesTaken <= framesPerSecondMax[lane]) return;
    this.#socket.pause();
    this.#pause = clock.setTimer(1_000 - sinceMs, () => {
      this.#pause = null;
      this.#secondMs = clock.monotonicMs();
      this.#framesTaken = 0;
      this.#socket.resume();
    });
  }

  #take(frame: Uint8Array): LaneFault | null {
    const decoded = decode(peerMessageFormat, frame);
    if (!decoded.ok) return 'NOT_A_MESSAGE';
    const { message } = decoded.value;
    if (message.kind === 'alive') return null;
    if (laneOfKind[message.kind] !== this.#options.lane) return 'WRONG_LANE';
    this.#options.onMessage(message);
    return null;
  }

  #flush(written: boolean): void {
    if (written) this.#moved = true;
    while (!this.#closed && this.#socket.writableLength < socketBytesMax) {
      if (this.#rest.length === 0) {
        const frame = this.#queue.next();
        if (frame === undefined) return;
        this.#rest = frame;
      }
      const piece = this.#rest.subarray(0, pieceBytes);
      this.#rest = this.#rest.subarray(piece.length);
      this.#spoken = true;
      this.#socket.write(piece, this.#written);
    }
  }
}
