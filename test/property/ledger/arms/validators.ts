/** Validators come, go and change keys. */
import { signMessage } from '#core/ed25519';
import { readAccount } from '#ledger/accounts/account';
import type { Operation } from '#ledger/operation';
import type { validatorOperations } from '#ledger/validators/operations';
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
};

/** The first validators, for the opening. */
export const firstJoins: readonly Operation[] = firstSeats.map((name) => ({
  kind: 'validator.join',
  name,
  publicKey: keyOf(name),
  address: '',
  possession: signMessage(seedFor(keyOf(name)), possessionDomain, possessionMessage(chainId, name, keyOf(name))),
}));
