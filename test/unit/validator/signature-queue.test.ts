import { describe, expect, it } from 'vitest';
import { utf8 } from '#core/bytes';
import { systemClock } from '#core/clock';
import { publicKeyOf, type SignatureClaim, signMessage } from '#core/ed25519';
import { createLog } from '#core/log';
import { segmentDomain } from '#ledger/journal/span';
import { signatureThreadsOn } from '#sync/validator/signature-checker';
import { packClaims, unpackClaims } from '#sync/validator/signature-chunk';
import { InlineChecker, type SignatureChecker, SignatureQueue } from '#sync/validator/signature-queue';
import { SignatureThreads } from '#sync/validator/signature-threads';
import { seedOf } from '../../fixtures/region.ts';

const log = createLog({ level: 'silent', name: 'test' });
const seeds = ['a', 'b', 'c'].map(seedOf);

/** Every third one is forged. */
function claimOf(n: number): SignatureClaim {
  const seed = seeds[n % seeds.length] as Uint8Array;
  const message = utf8(`message ${n}`);
  const signature = signMessage(seed, segmentDomain, n % 3 === 2 ? utf8('another') : message);
  return { publicKey: publicKeyOf(seed), domain: segmentDomain, message, signature };
}

/** Asks for `count` signatures at once; what was answered, in the order of the answers. */
function answersOf(checker: SignatureChecker, count: number): Promise<{ n: number; genuine: boolean }[]> {
  const queue = new SignatureQueue(checker);
  const answers: { n: number; genuine: boolean }[] = [];
  return new Promise((resolve) => {
    for (let n = 0; n < count; n++) {
      queue.add(claimOf(n), (genuine) => {
        answers.push({ n, genuine });
        if (answers.length === count) resolve(answers);
      });
    }
    expect(queue.count).toBe(count);
    expect(answers).toEqual([]);
  });
}

const expected = (count: number) => Array.from({ length: count }, (_, n) => ({ n, genuine: n % 3 !== 2 }));

/** A thread's program from its text. */
const program = (text: string) => new URL(`data:text/javascript,${encodeURIComponent(text)}`);
const imports = "import { parentPort } from 'node:worker_threads';";

describe('signatures that are checked beside the votes', () => {
  it('are answered once each, in the order of asking, forged ones as such', async () => {
    expect(await answersOf(new InlineChecker(), 100)).toEqual(expected(100));
  });

  it('are not checked again where somebody has found them good meanwhile', async () => {
    const checked: number[] = [];
    const checker: SignatureChecker = {
      width: 1,
      chunkMax: 4,
      check: (claims, done) => {
        checked.push(claims.length);
        setImmediate(() => done(claims.map(() => false)));
      },
      stop: () => Promise.resolve(),
    };
    const queue = new SignatureQueue(checker);
    const answers = Array.from({ length: 4 }, (_, n) => {
      return new Promise<boolean>((resolve) => queue.add(claimOf(n), resolve, () => n % 2 === 0));
    });
    expect(await Promise.all(answers)).toEqual([true, false, true, false]);
    expect(checked).toEqual([2]);
  });

  it('let the event loop turn between chunks', async () => {
    let turns = 0;
    let done = false;
    const count = () => {
      turns++;
      if (!done) setImmediate(count);
    };
    setImmediate(count);
    const checker = new InlineChecker();
    await answersOf(checker, 5 * checker.chunkMax);
    done = true;
    expect(turns).toBeGreaterThanOrEqual(5);
  });

  it('keep their order when a later chunk is done first', async () => {
    const held: (() => void)[] = [];
    const checker: SignatureChecker = {
      width: 4,
      chunkMax: 8,
      check: (claims, done) => {
        const answer = () => done(claims.map((_, at) => at % 2 === 0));
        // The first one comes last.
        if (held.length === 0) held.push(answer);
        else setImmediate(answer);
        setTimeout(() => held[0]?.(), 20);
      },
      stop: () => Promise.resolve(),
    };
    const answers = await answersOf(checker, 32);
    expect(answers.map(({ n }) => n)).toEqual(Array.from({ length: 32 }, (_, n) => n));
  });

  it('are not answered after the stop', async () => {
    const queue = new SignatureQueue(new InlineChecker());
    let answered = 0;
    queue.add(claimOf(0), () => answered++);
    await queue.stop();
    await new Promise((resolve) => setImmediate(resolve));
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBe(0);
  });
});

describe('threads that check signatures', () => {
  const threads = (text: string, answerMsMax: number) =>
    new SignatureThreads({ count: 2, clock: systemClock, log, program: program(text), answerMsMax });

  it('are answered for when they die', async () => {
    const checker = threads(`${imports} parentPort.on('message', () => { throw new Error('dead'); });`, 5_000);
    expect(await answersOf(checker, 200)).toEqual(expected(200));
    await checker.stop();
  });

  it('are answered for when they end at once', async () => {
    const checker = threads('process.exit(3);', 5_000);
    expect(await answersOf(checker, 200)).toEqual(expected(200));
    await checker.stop();
  });

  it('are answered for when they hang', async () => {
    const checker = threads(`${imports} parentPort.on('message', () => { for (;;); });`, 100);
    expect(await answersOf(checker, 64)).toEqual(expected(64));
    await checker.stop();
  });

  it('get every claim as it was', () => {
    const claims = Array.from({ length: 5 }, (_, n) => claimOf(n));
    expect(unpackClaims(packClaims(claims))).toEqual(claims);
  });

  it('are started where there are cores for them', () => {
    expect([1, 2, 3, 4, 6, 64].map(signatureThreadsOn)).toEqual([0, 0, 0, 2, 4, 4]);
  });
});
