/** Validators come, go, change keys, and contradict themselves. */
import { signMessage } from '#core/ed25519';
import { sha256 } from '#core/hash';
import { readAccount } from '#ledger/accounts/account';
import type { Operation } from '#ledger/operation';
import type { Contradiction } from '#ledger/validators/evidence';
import type { validatorOperations } from '#ledger/validators/operations';
import { proposalDomain, proposalMessage, voteDomain, voteMessage } from '#ledger/validators/signed-statement';
import { readWishedValidators } from '#ledger/validators/validator-set';
import { possessionDomain, possessionMessage } from '#ledger/validators/voting-key';
import { chainId } from '../../../unit/ledger/world.ts';
import type { Dice } from '../dice.ts';
import { keyOf, seedFor } from '../keys.ts';
import { act, type Moves, type Stage } from '../stage.ts';

/** Those that the opening has, and some more. */
export const firstSeats = ['seat-1', 'seat-2', 'seat-3', 'seat-4', 'seat-5'] as const;
const seats = [...firstSeats, 'seat-6', 'seat-7', 'val', 'merchant-d'] as const;

/** The word of a key for a validator; now and then that of another key. */
function possessionOf(dice: Dice, name: string, publicKey: Uint8Array): Uint8Array {
  const signer = dice.oneIn(12) ? keyOf('nobody') : publicKey;
  return signMessage(seedFor(signer), possessionDomain, possessionMessage(chainId, name, publicKey));
}

const wishedNames = ({ state }: Stage): string[] => readWishedValidators(state).map(({ name }) => name);

const hashOf = (dice: Dice): Uint8Array => sha256(Uint8Array.of(dice.below(3)));

function shown({ height: known }: Stage, dice: Dice, seed: Uint8Array): Contradiction {
  const height = dice.oneIn(10) ? known + 5 : dice.below(known + 2);
  const view = dice.below(2);
  if (dice.oneIn(2)) {
    const side = () => {
      const blockHash = hashOf(dice);
      const message = proposalMessage(chainId, height, view, blockHash);
      return { blockHash, signature: signMessage(seed, proposalDomain, message) };
    };
    return { kind: 'proposals', height, view, one: side(), other: side() };
  }
  const phase = dice.below(3);
  const side = () => {
    const vote = { phase, height, view, blockHash: hashOf(dice), resultRoot: hashOf(dice) };
    return { ...vote, signature: signMessage(seed, voteDomain, voteMessage(chainId, vote)) };
  };
  return { kind: 'votes', height, view, phase, one: side(), other: side() };
}

/** See the head of the file. */
export const validatorMoves: Moves<keyof typeof validatorOperations> = {
  'validator.join': (stage, dice) => {
    const missing = seats.filter((name) => !wishedNames(stage).includes(name));
    const name = (dice.oneIn(6) ? null : dice.some(missing)) ?? dice.pick(seats);
    const publicKey = dice.oneIn(8) ? keyOf('seat-1') : (readAccount(stage.state, name)?.publicKey ?? keyOf(name));
    const possession = possessionOf(dice, name, publicKey);
    return act('admin', { kind: 'validator.join', name, publicKey, address: `${name}:7000`, possession });
  },
  'validator.leave': (stage, dice) => {
    const name = (dice.oneIn(8) ? null : dice.some(wishedNames(stage))) ?? dice.pick(seats);
    return act(dice.oneIn(2) ? 'admin' : name, { kind: 'validator.leave', name });
  },
  'validator.rotate': (stage, dice) => {
    const name = (dice.oneIn(8) ? null : dice.some(wishedNames(stage))) ?? dice.pick(seats);
    const epoch = readAccount(stage.state, name)?.epoch ?? 0;
    const publicKey = keyOf(dice.oneIn(10) ? 'seat-2' : `${name}#${epoch + 1}`);
    const possession = possessionOf(dice, name, publicKey);
    return act(name, { kind: 'validator.rotate', publicKey, address: '', possession });
  },
  'validator.accuse': (stage, dice) => {
    const validator = dice.oneIn(12) ? 'maker' : dice.pick(firstSeats);
    const publicKey = readAccount(stage.state, validator)?.publicKey ?? keyOf(validator);
    const seed = dice.oneIn(12) ? seedFor(keyOf('nobody')) : seedFor(publicKey);
    return act(dice.pick(firstSeats), {
      kind: 'validator.accuse',
      validator,
      publicKey,
      shown: shown(stage, dice, seed),
    });
  },
};

/** The first validators, for the opening. */
export const firstJoins: readonly Operation[] = firstSeats.map((name) => ({
  kind: 'validator.join',
  name,
  publicKey: keyOf(name),
  address: '',
  possession: signMessage(seedFor(keyOf(name)), possessionDomain, possessionMessage(chainId, name, keyOf(name))),
}));
