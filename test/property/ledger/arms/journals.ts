/** Journals that go wrong: forked, torn, lost, sent again, salvaged. */
import { signMessage } from '#core/ed25519';
import { encode } from '#core/format';
import { sha256 } from '#core/hash';
import { readStore } from '#ledger/accounts/store';
import { readTerminal } from '#ledger/accounts/terminal';
import { readItemStatus } from '#ledger/coupons/item-status';
import { authorKey, authorKeyOf } from '#ledger/journal/author-key';
import { type Gap, gapDomain, gapMessage } from '#ledger/journal/gap';
import type { journalOperations } from '#ledger/journal/operations';
import { type Segment, segmentFormat, segmentHead } from '#ledger/journal/segment';
import { type SignedSpan, type Span, segmentDomain, spanMessage } from '#ledger/journal/span';
import { headOf } from '#ledger/journal/stream-head';
import { readRights } from '#ledger/rights/read';
import { basketOf, chainId, reserve, seedOf } from '../../../unit/ledger/world.ts';
import { lanes } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { seedFor } from '../keys.ts';
import { act, type Deed, type Moves, type Stage } from '../stage.ts';

const hashOf = (dice: Dice): Uint8Array => sha256(Uint8Array.of(dice.below(256), dice.below(256)));

/** Units of leases of a store that may have been promised. */
function lostUnits({ state }: Stage, dice: Dice, store: string): Gap['lostUnits'] {
  if (dice.oneIn(2)) return [];
  for (const { id, grant } of readRights(state, store)) {
    if (grant.kind !== 'lease') continue;
    for (const { first, last } of grant.ranges)
      for (let serial = first; serial <= last; serial++)
        if (readItemStatus(state, grant.gcn, serial) === 'leased')
          return [{ rightId: id, gcn: grant.gcn, serial: dice.oneIn(8) ? serial + 90 : serial }];
  }
  return [];
}

/** A span that the terminal could have signed: with some head, from some place on. */
function someSpan(stage: Stage, dice: Dice, author: string, epoch: number): SignedSpan {
  const lastSequence = dice.below(3);
  const span: Span = { firstSequence: 0, lastSequence, previousHash: hashOf(dice), headHash: hashOf(dice) };
  const message = spanMessage(chainId, { author, epoch, stream: 0 }, span);
  const seed = dice.oneIn(12) ? seedOf('thief') : seedFor(authorKey(stage.state, author)?.publicKey ?? null);
  return { ...span, signature: signMessage(seed, segmentDomain, message) };
}

/** A lane's segment that says something else than the ledger knows of its last entry. */
export function fork(stage: Stage, dice: Dice): Deed | null {
  const author = dice.pick(lanes);
  const epoch = stage.epochOf(author);
  const head = headOf(stage.state, chainId, { author, epoch, stream: 0 });
  if (head.nextSequence === 0) return null;
  const firstSequence = head.nextSequence - 1;
  const entries = [stage.entryBytes(firstSequence, reserve(dice.below(20)))];
  const segment = { author, epoch, stream: 0, firstSequence, previousHash: hashOf(dice), entries };
  return { segment: sealed(stage, segment) };
}

type Unsigned = Omit<Segment, 'signature'>;

function sealed(stage: Stage, segment: Unsigned): Uint8Array {
  const { author, epoch, stream, firstSequence, previousHash, entries } = segment;
  const lastSequence = firstSequence + entries.length - 1;
  const span = { firstSequence, lastSequence, previousHash, headHash: segmentHead(segment) };
  const seed = seedFor(authorKeyOf(stage.state, author, epoch)?.publicKey ?? null);
  const signature = signMessage(seed, segmentDomain, spanMessage(chainId, { author, epoch, stream }, span));
  return encode(segmentFormat, { ...segment, signature });
}

/** A lane whose word counts no more, in the epoch in which it did. */
function silenced(stage: Stage, dice: Dice): { readonly author: string; readonly epoch: number } | null {
  const found = lanes.flatMap((author) => {
    const [store = '', lane = ''] = author.split('/');
    const terminal = readTerminal(stage.state, store, lane);
    if (terminal === null) return [];
    const { epoch, revoked, frozenAtHeight } = terminal;
    const now = revoked || frozenAtHeight !== null ? [{ author, epoch }] : [];
    return epoch > 0 ? [...now, { author, epoch: epoch - 1 }] : now;
  });
  return dice.some(found);
}

/** What a silenced lane had sold: its next entries, or a branch that was not taken. */
function salvage(stage: Stage, dice: Dice): readonly Deed[] {
  const { author, epoch } = silenced(stage, dice) ?? { author: dice.pick(lanes), epoch: 0 };
  const head = headOf(stage.state, chainId, { author, epoch, stream: 0 });
  const isLosing = head.nextSequence > 0 && dice.oneIn(3);
  const firstSequence = head.nextSequence - (isLosing ? 1 : 0);
  const previousHash = isLosing ? hashOf(dice) : head.headHash;
  const basket = basketOf(7);
  const captures = [{ reservation: firstSequence, purchase: null, lines: [] }];
  const entries = [
    stage.entryBytes(firstSequence, reserve(dice.below(20), { basket })),
    stage.entryBytes(firstSequence + 1, { kind: 'basket.capture', basket, captures, basketHash: new Uint8Array(32) }),
  ];
  const segment = { author, epoch, stream: 0, firstSequence, previousHash, entries };
  const ends = [{ throughSequence: firstSequence + 1, headHash: segmentHead(segment) }];
  const named = act('admin', {
    kind: 'journal.salvage',
    author,
    epoch,
    stream: 0,
    fromSequence: firstSequence + (dice.oneIn(12) ? 5 : 0),
    previousHash,
    segments: ends,
  });
  return [named, { segment: sealed(stage, segment), later: true }];
}

/** See the head of the file. */
export const journalMoves: Moves<keyof typeof journalOperations> = {
  'journal.gap': (stage, dice) => {
    const author = dice.pick(lanes);
    const [store = '', lane = ''] = author.split('/');
    const stream = dice.below(2);
    const epoch = stage.epochOf(author);
    const fromSequence = headOf(stage.state, chainId, { author, epoch, stream }).nextSequence + (dice.oneIn(8) ? 1 : 0);
    const throughSequence = fromSequence + dice.below(4);
    const gap = { fromSequence, throughSequence, headHash: hashOf(dice), lostUnits: lostUnits(stage, dice, store) };
    const seed = dice.oneIn(12) ? seedOf('thief') : seedFor(authorKey(stage.state, author)?.publicKey ?? null);
    const signature = signMessage(seed, gapDomain, gapMessage(chainId, { author, epoch, stream }, gap));
    const by = dice.oneIn(2) ? 'admin' : (readStore(stage.state, store)?.merchant ?? 'admin');
    return act(by, { kind: 'journal.gap', store, lane, stream, gap, signature });
  },
  'journal.accuse': (stage, dice) => {
    const terminal = dice.pick(lanes);
    const epoch = stage.epochOf(terminal);
    const one = someSpan(stage, dice, terminal, epoch);
    const other = dice.oneIn(8) ? one : someSpan(stage, dice, terminal, epoch);
    return act(dice.pick(['admin', 'val', ...lanes]), {
      kind: 'journal.accuse',
      terminal,
      epoch,
      stream: 0,
      one,
      other,
    });
  },
  'journal.salvage': salvage,
};
