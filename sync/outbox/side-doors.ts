/**
 * The validators' own entries beside the line's session: whatever a broker swallows goes to f+1 validators directly, one of
 * which at least is honest (ARCHITECTURE D12).
 */
import { equalBytes } from '#core/bytes';
import type { Clock } from '#core/clock';
import { encode } from '#core/format';
import type { Log } from '#core/log';
import { replyFormat } from '../wire/gateway-message.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';
import type { Topics } from '../wire/topics.ts';
import type { ValidatorEntry } from './entry-point.ts';
import type { SessionListener } from './entry-session.ts';
import { HttpsDoor } from './https-door.ts';
import { tellOutcome } from './https-session.ts';

const postMs = 10_000;
/** Segments under way at all doors together. */
const submitsMax = 32;

/** What side doors need. */
export interface SideDoorsOptions {
  readonly chainId: Uint8Array;
  readonly entries: readonly ValidatorEntry[];
  readonly topics: Topics;
  readonly account: string;
  readonly clientName: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly onMessage: SessionListener['onMessage'];
}

/** See the file's head. One door an entry, shared with the sessions that a line has there. */
export class SideDoors {
  readonly #options: SideDoorsOptions;
  #doors: HttpsDoor[] = [];
  #validators: readonly ValidatorInfo[] = [];
  #next = 0;
  #submits = 0;

  constructor(options: SideDoorsOptions) {
    this.#options = options;
  }

  /** Makes the doors anew; nothing is connected before it is used. `first` is where turns begin. */
  open(first: number): void {
    const { entries } = this.#options;
    this.#doors = entries.map((entry) => this.#doorTo(this.#present(entry)));
    this.#next = entries.length === 0 ? 0 : first % entries.length;
  }

  close(): void {
    for (const door of this.#doors) door.close();
    this.#doors = [];
  }

  get validators(): readonly number[] {
    return [...new Set(this.#doors.map(({ entry }) => entry.validator))];
  }

  doorOf({ url }: ValidatorEntry): HttpsDoor | undefined {
    return this.#doors.find((door) => door.entry.url === url);
  }

  /** The set of the present epoch: whoever has another place or key there gets a door anew. */
  useValidators(validators: readonly ValidatorInfo[]): void {
    if (validators === this.#validators) return;
    this.#validators = validators;
    this.#doors = this.#doors.map((door) => {
      const entry = this.#present(door.entry);
      if (entry === door.entry) return door;
      door.close();
      return this.#doorTo(entry);
    });
  }

  #present(entry: ValidatorEntry): ValidatorEntry {
    const validator = this.#validators.findIndex(({ name }) => name === entry.name);
    const member = this.#validators[validator];
    if (member === undefined) return entry;
    const { publicKey } = member;
    const same = validator === entry.validator && equalBytes(publicKey, entry.publicKey);
    return same ? entry : { ...entry, validator, publicKey };
  }

  #doorTo(entry: ValidatorEntry): HttpsDoor {
    const { chainId, clock } = this.#options;
    return new HttpsDoor(entry, chainId, clock);
  }

  /** Hands a segment to so many different validators, other ones each time; gives how many were tried. */
  submit(segment: Uint8Array, count: number): number {
    const chosen = new Map<number, HttpsDoor>();
    for (let tried = 0; tried < this.#doors.length && chosen.size < count; tried++) {
      const door = this.#doors[this.#next++ % this.#doors.length] as HttpsDoor;
      if (!chosen.has(door.entry.validator)) chosen.set(door.entry.validator, door);
    }
    for (const door of chosen.values()) if (this.#submits < submitsMax) void this.#submit(door, segment);
    return chosen.size;
  }

  /** Puts an encoded request to a validator; the answer comes as a reply. False where no door leads there. */
  ask(validator: number, encodedRequest: Uint8Array, timeoutMs: number): boolean {
    const door = this.#doors.find(({ entry }) => entry.validator === validator);
    if (door === undefined) return false;
    const { clientName, onMessage, topics } = this.#options;
    void door.ask(encodedRequest, timeoutMs).then((answered) => {
      if (answered.ok) onMessage(topics.reply(clientName), encode(replyFormat, answered.value));
    });
    return true;
  }

  async #submit(door: HttpsDoor, segment: Uint8Array): Promise<void> {
    this.#submits++;
    const answered = await door.submit(segment, postMs);
    this.#submits--;
    const { url, validator } = door.entry;
    const outcome = answered.ok ? answered.value.outcome.kind : answered.reason;
    this.#options.log.debug({ entry: url, validator, outcome }, 'segment handed to a validator');
    if (answered.ok) tellOutcome(answered.value, this.#options, this.#options.onMessage);
  }
}
