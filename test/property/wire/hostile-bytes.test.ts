/** Bytes from strangers: every format of the wire answers them with a value or a reason, and values encode back to the same bytes. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { equalBytes } from '#core/bytes';
import { decode, encode, type Format } from '#core/format';
import { headerFormat } from '#sync/wire/block';
import {
  headMessageFormat,
  receiptsMessageFormat,
  replyFormat,
  requestFormat,
  turnedAwayFormat,
} from '#sync/wire/gateway-message';
import { genesisFormat } from '#sync/wire/genesis';
import { peerMessageFormat, proposalFormat } from '#sync/wire/peer-message';
import { certificateFormat, timeoutFormat, voteFormat } from '#sync/wire/vote';

const formats: Readonly<Record<string, Format<unknown>>> = {
  header: headerFormat,
  vote: voteFormat,
  certificate: certificateFormat,
  timeout: timeoutFormat,
  proposal: proposalFormat,
  peerMessage: peerMessageFormat,
  genesis: genesisFormat,
  head: headMessageFormat,
  receipts: receiptsMessageFormat,
  request: requestFormat,
  reply: replyFormat,
  turnedAway: turnedAwayFormat,
} as Readonly<Record<string, Format<unknown>>>;

const vote = encode(peerMessageFormat, {
  message: {
    kind: 'vote',
    vote: {
      phase: 1,
      height: 70_000,
      view: 3,
      blockHash: new Uint8Array(32).fill(1),
      resultRoot: new Uint8Array(32).fill(2),
      validator: 3,
      signature: new Uint8Array(64).fill(3),
    },
  },
});

describe.each(Object.entries(formats))('%s', (_, format) => {
  test('never throws and never accepts two encodings of one value', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const decoded = decode(format, bytes);
        if (decoded.ok) expect(equalBytes(encode(format, decoded.value), bytes)).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

test('a vote with a flipped bit, cut short or with a tail is another message or none', () => {
  fc.assert(
    fc.property(
      fc.nat(vote.length * 8 - 1),
      fc.nat(vote.length),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      (bit, cut, tail) => {
        const flipped = Uint8Array.from(vote);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        const decoded = decode(peerMessageFormat, flipped);
        if (decoded.ok) expect(equalBytes(encode(peerMessageFormat, decoded.value), flipped)).toBe(true);
        if (cut < vote.length) expect(decode(peerMessageFormat, vote.slice(0, cut)).ok).toBe(false);
        expect(decode(peerMessageFormat, Uint8Array.from([...vote, ...tail])).ok).toBe(false);
      },
    ),
    { numRuns: 500 },
  );
});
