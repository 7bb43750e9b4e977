/** Counts questions against answers of a peer: large answers are taken from those only who were asked for them. */
import { toHex } from '#core/bytes';
import type { PeerId } from '../pbft/voting-set.ts';
import type { PeerMessage } from '../wire/peer-message.ts';

/** Questions of one peer that are remembered; the oldest lapse, for whoever was asked so much has long been away. */
const owedMaxPeer = 16_384;

/** The answer that each question may be given once; one to `want-bodies` is any body wanted, by its digest in hex. */
const answerTo = {
  'want-block': 'block',
  'want-blocks': 'blocks',
  'want-snapshot': 'snapshot-head',
  'want-shards': 'shards',
  'want-chunks': 'chunks',
} as const;
type Question = keyof typeof answerTo;
type Answer = (typeof answerTo)[Question] | { readonly body: string };

const isQuestion = (kind: PeerMessage['kind']): kind is Question => Object.hasOwn(answerTo, kind);
const nameOf = (answer: Answer): string => (typeof answer === 'string' ? answer : answer.body);

/** The answers that peers owe this validator, however late. */
export class OwedAnswers {
  /** How often each answer is owed, the longest owed first. */
  readonly #owed = new Map<PeerId, Map<string, number>>();

  /** Notes what was sent to a peer. Anything but a question is passed over. */
  asked(to: PeerId, message: PeerMessage): void {
    if (isQuestion(message.kind)) this.#owe(to, answerTo[message.kind]);
    else if (message.kind === 'want-bodies') for (const digest of message.digests) this.#owe(to, toHex(digest));
  }

  /** Whether an answer was owed; it is so once less from now on. */
  take(from: PeerId, answer: Answer): boolean {
    const owed = this.#owed.get(from);
    const name = nameOf(answer);
    const times = owed?.get(name) ?? 0;
    if (times > 1) owed?.set(name, times - 1);
    else owed?.delete(name);
    return times > 0;
  }

  #owe(to: PeerId, name: string): void {
    let owed = this.#owed.get(to);
    if (owed === undefined) {
      owed = new Map();
      this.#owed.set(to, owed);
    }
    const times = owed.get(name) ?? 0;
    owed.delete(name);
    owed.set(name, times + 1);
    const oldest = owed.keys().next();
    if (owed.size > owedMaxPeer && !oldest.done) owed.delete(oldest.value);
  }
}
