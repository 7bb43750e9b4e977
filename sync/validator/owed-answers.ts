/** Counts questions against answers of a peer: large answers are taken from those only who were asked for them. */
import type { PeerId } from '../pbft/voting-set.ts';
import type { PeerMessage } from '../wire/peer-message.ts';

/** Questions to one peer that count; more are as good as none, for they are repeated. */
const owedMax = 256;

/** The answer that each question may be given once. */
const answerTo = { 'want-block': 'block', 'want-blocks': 'blocks' } as const;
type Question = keyof typeof answerTo;
type Answer = (typeof answerTo)[Question];

const isQuestion = (kind: PeerMessage['kind']): kind is Question => Object.hasOwn(answerTo, kind);

/** The answers that peers owe this validator. */
export class OwedAnswers {
  readonly #owed = new Map<string, number>();

  /** Notes what was sent to a peer. Anything but a question is passed over. */
  asked(to: PeerId, kind: PeerMessage['kind']): void {
    if (!isQuestion(kind)) return;
    const name = `${answerTo[kind]} ${to}`;
    this.#owed.set(name, Math.min(owedMax, (this.#owed.get(name) ?? 0) + 1));
  }

  /** Whether an answer of this kind was owed; it is not any more. */
  take(from: PeerId, kind: Answer): boolean {
    const name = `${kind} ${from}`;
    const owed = this.#owed.get(name) ?? 0;
    if (owed > 0) this.#owed.set(name, owed - 1);
    return owed > 0;
  }
}
