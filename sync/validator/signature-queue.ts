/**
 * Signatures of segments, checked beside the votes: first in, first out, a few at a time between turns of the event loop or in
 * threads of their own. Whoever waits behind a vote waits for milliseconds; no vote waits for more than a chunk.
 */
import { type SignatureClaim, verifyOnce } from '#core/ed25519';

/** Checks signatures in chunks; what it is given is bounded by its caller. */
export interface SignatureChecker {
  /** Chunks that it can work on at the same time. */
  readonly width: number;
  readonly chunkMax: number;
  /** Calls `done` once with a verdict a claim, in their order, never inside this call. */
  check(claims: readonly SignatureClaim[], done: (genuine: readonly boolean[]) => void): void;
  stop(): Promise<void>;
}

/** A chunk takes one to two milliseconds. */
const inlineChunkMax = 16;

/** In this thread, one chunk a turn of the event loop. */
export class InlineChecker implements SignatureChecker {
  readonly width = 1;
  readonly chunkMax = inlineChunkMax;

  check(claims: readonly SignatureClaim[], done: (genuine: readonly boolean[]) => void): void {
    // After what has come over the network meanwhile.
    setImmediate(() => done(claims.map(verifyOnce)));
  }

  stop(): Promise<void> {
    return Promise.resolve();
  }
}

interface Waiting {
  readonly claim: SignatureClaim;
  readonly done: (genuine: boolean) => void;
  readonly isKnown: () => boolean;
}

interface Chunk {
  readonly waiting: readonly Waiting[];
  genuine: readonly boolean[] | null;
}

/** Answers in the order of asking, whatever the checker's threads finish first. */
export class SignatureQueue {
  readonly #checker: SignatureChecker;
  readonly #waiting: Waiting[] = [];
  /** Being checked, oldest first. */
  readonly #chunks: Chunk[] = [];
  #stopped = false;

  constructor(checker: SignatureChecker) {
    this.#checker = checker;
  }

  /** Asked for and not answered. */
  get count(): number {
    return this.#chunks.reduce((sum, { waiting }) => sum + waiting.length, this.#waiting.length);
  }

  /** Calls `done` once, not inside this call. `isKnown`, asked when its turn comes: found good by somebody else meanwhile. */
  add(claim: SignatureClaim, done: (genuine: boolean) => void, isKnown: () => boolean = () => false): void {
    this.#waiting.push({ claim, done, isKnown });
    // Those that come in the same turn go into the same chunk.
    if (this.#waiting.length === 1 && this.#chunks.length < this.#checker.width) queueMicrotask(() => this.#next());
    else if (this.#waiting.length >= this.#checker.chunkMax) this.#next();
  }

  /** Nothing is answered any more. */
  stop(): Promise<void> {
    this.#stopped = true;
    return this.#checker.stop();
  }

  #next(): void {
    const { width, chunkMax } = this.#checker;
    while (!this.#stopped && this.#waiting.length > 0 && this.#chunks.length < width) {
      const chunk: Chunk = { waiting: this.#waiting.splice(0, chunkMax), genuine: null };
      this.#chunks.push(chunk);
      const open = chunk.waiting.filter(({ isKnown }) => !isKnown());
      this.#checker.check(
        open.map(({ claim }) => claim),
        (verdicts) => {
          const genuine = new Map(open.map((each, at) => [each, verdicts[at] === true]));
          chunk.genuine = chunk.waiting.map((each) => genuine.get(each) ?? true);
          this.#answer();
        },
      );
    }
  }

  #answer(): void {
    const chunk = this.#chunks[0];
    if (chunk !== undefined && chunk.genuine !== null && !this.#stopped) {
      this.#chunks.shift();
      // The threads go on while the answers are taken in.
      this.#next();
      for (const [at, { done }] of chunk.waiting.entries()) done(chunk.genuine[at] === true);
      this.#answer();
    }
  }
}
