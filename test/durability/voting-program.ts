/**
 * The traced program: a region of four, of which validator 0 writes into the traced folder, decides heights with and without
 * view changes. What validator 0 says is written to standard output when it is sent, and each block when it is published.
 * Arguments: folder, folder of the others, `FULL`, `NORMAL` or `NO-FLUSH`, heights, pages of a log before it moves.
 */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { toHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { markKeyUnused, unusedKeyMarkOf } from '#sync/validator/unused-key';
import { blockHash } from '#sync/wire/block';
import type { PeerMessage } from '#sync/wire/peer-message';
import { commitPhase, preparePhase } from '#sync/wire/vote';
import { seedOf, TestAuthor } from '../fixtures/region.ts';
import { Voter, type VoterWorld, votingGenesis, votingIdentity } from './voting-region.ts';

const [folder = '', othersFolder = '', mode = 'FULL', heights = '0', pages = '4000'] = process.argv.slice(2);
const options = {
  synchronous: mode === 'NORMAL' ? 'NORMAL' : 'FULL',
  checkpointPages: Number(pages),
} as const;

function say(line: string): void {
  writeSync(1, `${line}\n`);
}

/** What a statement says, without its signature. */
function tell(message: PeerMessage): void {
  if (message.kind === 'vote') {
    const { phase, height, view, blockHash: hash, resultRoot } = message.vote;
    say(`vote ${phase} ${height} ${view} ${toHex(hash)} ${toHex(resultRoot)}`);
  } else if (message.kind === 'timeout') {
    const { height, nextView, prepared } = message.timeout;
    say(
      `timeout ${height} ${nextView} ${prepared === null ? '-1 -' : `${prepared.view} ${toHex(prepared.blockHash)}`}`,
    );
  } else if (message.kind === 'proposal') {
    const { view, block } = message.proposal;
    say(`proposal ${block.header.height} ${view} ${toHex(blockHash(block.header))}`);
  }
}

/** What does not get through in view 0, so that heights end in all the ways there are. */
function isLost(to: number, message: PeerMessage): boolean {
  switch (message.kind) {
    case 'proposal':
      // Only validator 0 gets the block and prepares it; it may lose against another one.
      return message.proposal.block.header.height % 4 === 1 && message.proposal.view === 0 && to !== 0;
    case 'vote': {
      const { height, view, phase } = message.vote;
      // Prepared everywhere and committed nowhere: the same block must be proposed again.
      if (height % 4 === 2) return view === 0 && phase === commitPhase;
      // Prepared by validator 0 alone.
      if (height % 4 === 3) return view === 0 && phase === preparePhase && to !== 0;
      return false;
    }
    default:
      return false;
  }
}

const clock = new VirtualClock({ startMs: votingGenesis.timeMs });
const inbox: { readonly from: number; readonly to: number; readonly message: PeerMessage }[] = [];
const world: VoterWorld = {
  clock,
  send(from, to, message) {
    if (from === 0) tell(message);
    for (const receiver of [0, 1, 2, 3]) {
      if (receiver === from || (to !== null && to !== receiver) || isLost(receiver, message)) continue;
      inbox.push({ from, to: receiver, message });
    }
  },
  committed(self, { lightBlock, executed }) {
    const { header, certificate } = lightBlock;
    if (self === 0) say(`committed ${header.height} ${toHex(certificate.blockHash)} ${toHex(executed.stateRoot)}`);
  },
};

function open(self: number): Voter {
  const unusedKeyMark = unusedKeyMarkOf(join(othersFolder, `v${self}.key`));
  const own = self === 0 ? folder : join(othersFolder, `v${self}`);
  const voter = new Voter(self, own, { ...world, unusedKeyMark }, options);
  // What a store would be that says "durable" too early.
  if (mode === 'NO-FLUSH') voter.recovered.store.flush = () => undefined;
  voter.start();
  return voter;
}

for (const self of [0, 1, 2, 3]) markKeyUnused(join(othersFolder, `v${self}.key`));
const voters = [0, 1, 2, 3].map(open);
const admin = new TestAuthor(votingIdentity(0).chainId, 'admin', { seed: seedOf('voting admin') });
let restartedAt = 0;

const stepsMax = 50_000;
for (let step = 0; (voters[0]?.keeper.chain.height ?? 0) < Number(heights); step++) {
  if (step > stepsMax) throw new Error('the region stands still');
  if (step % 150 === 0) {
    const id = `m-${step}`;
    const operation = {
      kind: 'account.register',
      id,
      role: 2,
      publicKey: admin.publicKey,
      name: `${id} ${'x'.repeat(24)}`,
    } as const;
    const segment = admin.seal({ operation });
    for (const voter of voters) voter.offer(segment);
  }
  for (let next = inbox.shift(); next !== undefined; next = inbox.shift()) {
    const { from, to, message } = next;
    voters[to]?.take(from, message);
  }
  clock.advance(5);
  const { height } = voters[0]?.keeper.chain ?? { height: 0 };
  // Ended and started again in the middle of a height in which it has voted.
  if (height % 4 === 2 && restartedAt !== height && inbox.some(({ message }) => message.kind === 'timeout')) {
    restartedAt = height;
    voters[0]?.stop();
    voters[0] = open(0);
  }
}
// Ends without closing: a crash leaves the write-ahead log as it is.
process.exit(0);
