/** Opens a crash state with a validator's production recovery and compares it with what had been said and published. */
import { join } from 'node:path';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import type { VoteRecord } from '#sync/pbft/vote-record';
import type { BlockStore } from '#sync/validator/block-store';
import { type RecoveredStore, recoverStore } from '#sync/validator/recovery';
import { blockHash } from '#sync/wire/block';
import { preparePhase } from '#sync/wire/vote';
import type { Promised } from './crash-run.ts';
import { Voter, votingGenesis, votingIdentity } from './voting-region.ts';

/** One statement that was sent; what it says is in `what`. */
type Said =
  | { readonly kind: 'vote'; readonly phase: number; readonly height: number; readonly view: number; what: string }
  | { readonly kind: 'timeout'; readonly height: number; readonly view: number; readonly what: string }
  | { readonly kind: 'proposal'; readonly height: number; readonly view: number; readonly what: string };

/** What the program had said before the cut. */
export class StorePromises implements Promised {
  readonly said: Said[] = [];
  readonly committed: { readonly height: number; readonly hash: string; readonly stateRoot: string }[] = [];

  hear(line: string): void {
    const [word = '', ...rest] = line.split(' ');
    if (word === 'vote') {
      const [phase, height, view, ...what] = rest;
      this.said.push({
        kind: 'vote',
        phase: Number(phase),
        height: Number(height),
        view: Number(view),
        what: what.join(' '),
      });
    } else if (word === 'timeout' || word === 'proposal') {
      const [height, view, ...what] = rest;
      this.said.push({ kind: word, height: Number(height), view: Number(view), what: what.join(' ') });
    } else if (word === 'committed') {
      const [height, hash = '', stateRoot = ''] = rest;
      this.committed.push({ height: Number(height), hash, stateRoot });
    } else throw new Error(`the program said "${line}"`);
  }

  broken(folder: string): string[] {
    let recovered: RecoveredStore;
    try {
      recovered = recoverStore(join(folder, 'state'), votingIdentity(0));
    } catch (error) {
      return [`cannot be opened: ${error instanceof Error ? error.message : String(error)}`];
    }
    if (recovered.setAside !== null) return [`set aside: ${recovered.setAside}`];
    try {
      const { height } = recovered.store.chain();
      const found = [...this.#lost(recovered, height), ...this.#unbound(recovered.store, height)];
      recovered.store.close();
      return found.length > 0 ? found : this.#contradictions(folder, height);
    } catch (error) {
      return [`damaged: ${error instanceof Error ? error.message : String(error)}`];
    } finally {
      recovered.store.close();
    }
  }

  /** What was published is final here, with everything that a peer may ask for. */
  #lost({ store, state }: RecoveredStore, height: number): string[] {
    const found: string[] = [];
    for (const published of this.committed) {
      const block = store.committedBlock(published.height);
      if (block === undefined) found.push(`published block ${published.height} lost`);
      else if (toHex(block.certificate.blockHash) !== published.hash)
        found.push(`published block ${published.height} changed`);
      if (published.height === height && toHex(state.stateRoot) !== published.stateRoot)
        found.push(`the state after block ${height} changed`);
    }
    return found;
  }

  /** S4: what was said at the undecided height is in the record, and the blocks that were voted for are there, bodies included. */
  #unbound(store: BlockStore, height: number): string[] {
    const record = store.record();
    const found: string[] = [];
    const blocks = new Map(store.proposals(height + 1).map((block) => [toHex(blockHash(block.header)), block]));
    for (const said of this.said) {
      if (said.height <= height) continue;
      if (said.height > height + 1) found.push(`${said.kind} at ${said.height} while the chain is at ${height}`);
      else if (record === null || !binds(record, said)) found.push(`${said.kind} of view ${said.view} is not recorded`);
      if (said.kind === 'timeout') continue;
      const [hash = ''] = said.what.split(' ');
      const block = blocks.get(hash);
      if (block === undefined) found.push(`the block of a ${said.kind} of view ${said.view} is gone`);
      else if (block.bodyDigests.some((digest) => store.body(digest) === undefined))
        found.push(`a body for a ${said.kind} of view ${said.view} is gone`);
    }
    return found;
  }

  /** S3: what the production replica says when it starts on this disk agrees with what it has said before. */
  #contradictions(folder: string, height: number): string[] {
    const found: string[] = [];
    const clock = new VirtualClock({ startMs: votingGenesis.timeMs });
    const later = new StorePromises();
    const voter = new Voter(0, folder, {
      clock,
      send: (_from, _to, message) => {
        if (message.kind === 'vote') {
          const { phase, view, blockHash: hash, resultRoot } = message.vote;
          const what = `${toHex(hash)} ${toHex(resultRoot)}`;
          later.said.push({ kind: 'vote', phase, height: message.vote.height, view, what });
        }
        if (message.kind === 'proposal') {
          const { view, block } = message.proposal;
          const what = toHex(blockHash(block.header));
          later.said.push({ kind: 'proposal', height: block.header.height, view, what });
        }
      },
      committed: () => undefined,
    });
    voter.start();
    clock.advance(50);
    voter.stop();
    for (const again of later.said) {
      const place = this.said.filter(
        (said) =>
          said.height === height + 1 &&
          said.kind === again.kind &&
          said.view === again.view &&
          (said.kind !== 'vote' || again.kind !== 'vote' || said.phase === again.phase),
      );
      if (place.some(({ what }) => what !== again.what))
        found.push(`a second ${again.kind} at ${again.height}, view ${again.view}`);
      const left = this.said.filter((said) => said.height === again.height && said.kind === 'timeout');
      if (left.some(({ view }) => view > again.view))
        found.push(`a ${again.kind} in view ${again.view}, which had been left`);
    }
    return found;
  }
}

/** Whether a record keeps its replica from saying anything else in the statement's place (SPEC R11, R13, R15). */
function binds(record: VoteRecord, said: Said): boolean {
  if (record.height !== said.height || record.view < said.view) return false;
  if (said.kind === 'timeout') {
    const [view] = said.what.split(' ');
    return (record.prepared?.view ?? -1) >= Number(view);
  }
  const locked = said.kind !== 'vote' || said.phase === preparePhase || (record.prepared?.view ?? -1) >= said.view;
  if (record.view > said.view) return locked;
  if (said.kind === 'proposal')
    return record.proposed?.view === said.view && toHex(record.proposed.blockHash) === said.what;
  const bound = said.phase === preparePhase ? record.prepare : record.commit;
  if (bound === null || bound.view !== said.view) return false;
  return locked && `${toHex(bound.blockHash)} ${toHex(bound.resultRoot)}` === said.what;
}
