/** Accounts, people, stores and terminals: they come, change keys and go. */
import type { CborValue } from '#core/codec';
import { readAccount } from '#ledger/accounts/account';
import { readHolder } from '#ledger/accounts/holder';
import type { accountOperations } from '#ledger/accounts/operations';
import { readStore } from '#ledger/accounts/store';
import { readTerminal } from '#ledger/accounts/terminal';
import { day } from '../../../unit/ledger/world.ts';
import { accountNames, ann, bob, cleo, dora, eve, holders, issuers, lanes, stores, stranger } from '../cast.ts';
import type { Dice } from '../dice.ts';
import { keyOf } from '../keys.ts';
import { act, type Moves, type Stage } from '../stage.ts';
import { approvalsFor, governors, speakerFor } from './words.ts';

const newNames = ['new-1', 'new-2', 'new-3'] as const;
/** Where epochs end. */
const epochMax = 0xffff_ffff;
const newStore = '4055555000004';
/** Accounts that the others can do without. */
const spares = ['spare', 'val', ...newNames, 'maker', 'gov'] as const;

function someAccount(dice: Dice): string {
  return dice.oneIn(6) ? dice.pick(accountNames) : dice.pick(spares);
}

/** The admin, or now and then the account itself. */
function governing(stage: Stage, dice: Dice, account: string): string {
  return dice.oneIn(4) ? speakerFor(stage, account) : 'admin';
}

function someHolder(
  { state }: Stage,
  dice: Dice,
): { readonly id: string; readonly issuer: string; readonly epoch: number } {
  const id = dice.oneIn(15) ? stranger : dice.pick([ann, bob, cleo, dora, eve]);
  const { issuer = 'issuer-x', epoch = 0 } = readHolder(state, id) ?? {};
  return { id, issuer, epoch };
}

/** See the head of the file. */
export const accountMoves: Moves<keyof typeof accountOperations> = {
  'account.register': (_stage, dice) => {
    const id = dice.oneIn(4) ? dice.pick(accountNames) : dice.pick(newNames);
    return act('admin', { kind: 'account.register', id, role: dice.below(4), publicKey: keyOf(id), name: id });
  },
  'store.open': (_stage, dice) => {
    const store = dice.oneIn(3) ? dice.pick(stores) : newStore;
    return act('admin', { kind: 'store.open', store, merchant: dice.pick(accountNames), name: 'x', market: 'DE' });
  },
  'terminal.enroll': ({ state }, dice) => {
    const terminal = dice.oneIn(4) ? `${newStore}/lane-1` : dice.pick(lanes);
    const [store = '', lane = ''] = terminal.split('/');
    const epoch = Math.min(epochMax, (readTerminal(state, store, lane)?.epoch ?? -1) + (dice.oneIn(6) ? 0 : 1));
    const publicKey = keyOf(epoch <= 0 ? terminal : `${terminal}#${epoch}`);
    return act('admin', { kind: 'terminal.enroll', store, lane, publicKey, epoch: Math.max(0, epoch) });
  },
  'hub.assign': ({ state }, dice) => {
    const store = dice.pick(stores);
    const hubEpoch = Math.min(epochMax, (readStore(state, store)?.hub?.hubEpoch ?? 0) + (dice.oneIn(6) ? 0 : 1));
    return act('admin', { kind: 'hub.assign', store, lane: dice.oneIn(3) ? 'lane-2' : 'lane-1', hubEpoch });
  },
  'account.govern': (stage, dice) => {
    const account = someAccount(dice);
    const chosen = governors.slice(0, dice.below(4)).map(keyOf);
    const threshold = Math.min(chosen.length, 1 + dice.below(2));
    const itemsPerDayMax = dice.pick([null, 6, 12, 30]);
    const version = (readAccount(stage.state, account)?.version ?? 0) + (dice.oneIn(8) ? 2 : 1);
    const what: CborValue[] = ['account.govern', chosen, threshold, itemsPerDayMax];
    const approvals = approvalsFor(stage, dice, account, what);
    const changed = { kind: 'account.govern', account, governors: chosen, threshold, itemsPerDayMax, version } as const;
    return act(governing(stage, dice, account), { ...changed, approvals });
  },
  'account.rekey': (stage, dice) => {
    const revoked = accountNames.filter((id) => readAccount(stage.state, id)?.revoked === true);
    const account = (dice.oneIn(2) ? dice.some(revoked) : null) ?? someAccount(dice);
    const publicKey = keyOf(`${account}#${(readAccount(stage.state, account)?.epoch ?? 0) + 1}`);
    const approvals = approvalsFor(stage, dice, account, ['account.rekey', publicKey]);
    return act(governing(stage, dice, account), { kind: 'account.rekey', account, publicKey, approvals });
  },
  'account.revoke': (stage, dice) => {
    const account = someAccount(dice);
    const approvals = approvalsFor(stage, dice, account, ['account.revoke']);
    return act(governing(stage, dice, account), { kind: 'account.revoke', account, approvals });
  },
  'terminal.revoke': ({ state }, dice) => {
    const [store = '', lane = ''] = dice.pick(lanes).split('/');
    const author = dice.oneIn(2) ? 'admin' : (readStore(state, store)?.merchant ?? 'admin');
    return act(author, { kind: 'terminal.revoke', store, lane });
  },
  'mint.allow': (stage, dice) => {
    const account = dice.oneIn(6) ? someAccount(dice) : dice.pick(['gov', 'maker']);
    const today = Math.floor(stage.timeMs / day);
    const on = today + dice.below(3) - (dice.oneIn(8) ? 1 : 0);
    const extra = dice.below(8);
    const approvals = approvalsFor(stage, dice, account, ['mint.allow', on, extra]);
    return act(governing(stage, dice, account), { kind: 'mint.allow', account, day: on, extra, approvals });
  },
  'holder.register': (_stage, dice) => {
    const holder = dice.oneIn(3) ? dice.pick(holders) : dice.pick([stranger, `@${'07'.repeat(16)}`]);
    const publicKey = dice.oneIn(2) ? null : keyOf(holder);
    return act(dice.pick(issuers), { kind: 'holder.register', holder, publicKey });
  },
  'holder.rebind': (stage, dice) => {
    const { id, issuer, epoch } = someHolder(stage, dice);
    const author = dice.oneIn(5) ? id : issuer;
    const waiting = readHolder(stage.state, id)?.rebinding?.publicKey ?? null;
    const fresh = dice.oneIn(6) ? null : keyOf(`${id}#${epoch + 1}`);
    return act(author, {
      kind: 'holder.rebind',
      holder: id,
      publicKey: waiting !== null && dice.oneIn(2) ? waiting : fresh,
    });
  },
  'holder.keep': ({ state }, dice) => {
    const disputed = holders.filter((id) => (readHolder(state, id)?.rebinding ?? null) !== null);
    return act(dice.some(disputed) ?? dice.pick([ann, cleo, eve]), { kind: 'holder.keep' });
  },
};
