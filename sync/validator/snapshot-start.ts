/** What a store is told that begins with a fetched state. */
import type { History, HistoryNode } from '#ledger/state/history';
import type { ChainState } from '../pbft/chain.ts';
import type { LightBlock } from '../wire/gateway-message.ts';
import type { ValidatorInfo } from '../wire/genesis.ts';

/** Where a store begins that is filled with the state after a certified block. */
export interface SnapshotStart {
  readonly lightBlock: LightBlock;
  /** Those of the block's epoch. */
  readonly validators: readonly ValidatorInfo[];
  readonly stateRoot: Uint8Array;
  readonly receiptsRoot: Uint8Array;
  /** After the block. */
  readonly chain: ChainState;
  /** Encoded, before the block. */
  readonly chainBefore: Uint8Array;
  readonly history: History;
  /** What proves later blocks: the peaks before the block, and what the history gave out for it. */
  readonly historyNodes: readonly HistoryNode[];
  readonly silentUpTo: number;
}
