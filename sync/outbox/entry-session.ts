/** What a line has of one entry point while it is there: a broker (line-session.ts) or a validator (https-session.ts). */
import type { Result } from '#core/result';
import type { SendFault } from './send-window.ts';

/**
 * Why a connection ended or never came up. `VERSION`: the broker refuses this protocol version. `UNCLEAR`: it hung up or
 * answered nonsense before accepting, as a broker of the other version may.
 */
export type DownCode =
  | 'VERSION'
  | 'UNCLEAR'
  | 'REFUSED'
  | 'UNREACHABLE'
  | 'SUBSCRIBE_REFUSED'
  | 'OVERSIZE'
  | 'TIMEOUT'
  | 'CLOSED'
  | 'STOPPED';
/** Why a connection ended: a code, and words for the log. */
export interface DownCause {
  readonly code: DownCode;
  readonly detail: string;
}

/** Whom a session tells. `onDown` comes at most once, not after `end`, and never inside the constructor. */
export interface SessionListener {
  readonly onUp: () => void;
  readonly onDown: (cause: DownCause) => void;
  readonly onMessage: (topic: string, payload: Uint8Array) => void;
}

/** One connection, from its first byte to its last; topics name what passes on either kind. */
export interface EntrySession {
  /** Whether a question to this validator can go this way. */
  reaches(validator: number): boolean;
  /** The answer says what the entry did, never what the region did. `expiryS`: of no use to anyone when that old. */
  publish(topic: string, payload: Uint8Array, expiryS?: number): Promise<Result<true, SendFault>>;
  subscribe(filters: readonly string[]): void;
  /** Ends at once, without `onDown`. */
  end(): Promise<void>;
}
