/**
 * Writes MQTT 3.1.1 PUBLISH packets of QoS 1 that were made beforehand to a broker, and counts its acknowledgements: a load
 * generator that leaves the machine to what is measured.
 */
import { connect, type Socket } from 'node:net';

const connectMsMax = 5_000;
const publishQos1 = 0x32;
const connectPacket = 0x10;
const puback = 0x40;
const packetIdMax = 0xffff;
/** Stands in for the number that a packet gets when it is sent. */
const noPacketId = [0, 0] as const;

/** A packet that is complete but for its number, which stands at `idAt`. */
export interface ReadyPacket {
  readonly bytes: Buffer;
  readonly idAt: number;
}

function remainingLength(length: number): number[] {
  const out: number[] = [];
  for (let rest = length; ; rest >>>= 7) {
    if (rest < 128) return [...out, rest];
    out.push((rest & 0x7f) | 0x80);
  }
}

function textField(text: string): Buffer {
  const bytes = Buffer.from(text, 'utf8');
  return Buffer.concat([Buffer.from([bytes.length >>> 8, bytes.length & 0xff]), bytes]);
}

/** A PUBLISH of QoS 1 (MQTT 3.1.1 section 3.3). */
export function readyPacket(topic: string, payload: Uint8Array): ReadyPacket {
  const name = textField(topic);
  const head = Buffer.from([publishQos1, ...remainingLength(name.length + noPacketId.length + payload.length)]);
  return {
    bytes: Buffer.concat([head, name, Buffer.from(noPacketId), payload]),
    idAt: head.length + name.length,
  };
}

/** One connection with a clean session. */
export class RawPublisher {
  readonly #socket: Socket;
  #packetId = 0;
  #sent = 0;
  #acknowledged = 0;
  /** Bytes of an acknowledgement that has come in part. */
  #rest = Buffer.alloc(0);
  #ended = false;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('close', () => {
      this.#ended = true;
    });
  }

  /** Connects and waits for the broker to accept. */
  static open(port: number, clientId: string): Promise<RawPublisher> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      const late = setTimeout(() => socket.destroy(new Error('the broker does not answer')), connectMsMax);
      socket.setNoDelay(true);
      socket.once('error', reject);
      // Protocol level 4, clean session, no keep-alive (MQTT 3.1.1 section 3.1).
      const body = Buffer.concat([textField('MQTT'), Buffer.from([4, 2, 0, 0]), textField(clientId)]);
      socket.write(Buffer.concat([Buffer.from([connectPacket, ...remainingLength(body.length)]), body]));
      socket.once('data', (answer: Buffer) => {
        clearTimeout(late);
        socket.off('error', reject);
        if (answer.length !== 4 || answer[3] !== 0) reject(new Error(`the broker refuses: ${answer.toString('hex')}`));
        else resolve(new RawPublisher(socket));
      });
    });
  }

  /** Packets that the broker has not acknowledged. */
  get inFlight(): number {
    return this.#sent - this.#acknowledged;
  }

  /** Writes the packets in one piece. */
  send(packets: readonly ReadyPacket[]): void {
    if (this.#ended) throw new Error('the broker has ended the connection of the load');
    this.#socket.cork();
    for (const { bytes, idAt } of packets) {
      this.#packetId = (this.#packetId % packetIdMax) + 1;
      bytes.writeUInt16BE(this.#packetId, idAt);
      this.#socket.write(bytes);
    }
    this.#sent += packets.length;
    this.#socket.uncork();
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const bytes = Buffer.concat([this.#rest, chunk]);
    const whole = bytes.length - (bytes.length % 4);
    for (let at = 0; at < whole; at += 4) {
      if (bytes[at] !== puback)
        throw new Error(`not an acknowledgement: ${bytes.subarray(at, at + 4).toString('hex')}`);
      this.#acknowledged++;
    }
    this.#rest = bytes.subarray(whole);
  }
}
