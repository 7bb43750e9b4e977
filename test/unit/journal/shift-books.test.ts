import { afterEach, beforeEach, expect, test } from 'vitest';
import type { EntryPlace } from '../../../agent/journal/entry-state.ts';
import { append, capture, Folder, nowMs, receipt, release, reserve } from './journal-fixture.ts';

let folder: Folder;
beforeEach(() => {
  folder = new Folder();
});
afterEach(() => folder.remove());

const place = (sequence: number): EntryPlace => ({ epoch: 1, stream: 0, sequence });
const cny = (count: number, value: string) => ({ count, value: value === '0' ? {} : { CNY: value } });

test('a shift adds up in count and value, and what it leaves pending opens the next', () => {
  const journal = folder.open();
  append(journal, capture([90], '100'), capture([91], '50'), capture([92], '7'), capture([93], '1'));
  expect(journal.openShift({ atMs: nowMs, label: 'early' })).toBe(2);
  append(journal, capture([94], '1000'));
  journal.settle([receipt(journal, place(0)), receipt(journal, place(1), 1), receipt(journal, place(2), 2)]);
  const closed = journal.closeShift({ atMs: nowMs + 1 });
  expect(closed).toMatchObject({
    shift: 2,
    label: 'early',
    opening: cny(4, '158'),
    accepted: cny(1, '1000'),
    final: cny(1, '100'),
    refused: cny(1, '50'),
    conflicted: cny(1, '7'),
    voided: cny(0, '0'),
    lost: cny(0, '0'),
    closing: cny(2, '1001'),
    balanced: true,
  });
  expect(journal.books()).toMatchObject({ shift: 3, label: null, opening: closed.closing, closing: closed.closing });
});

test('a closed shift keeps its books; a later change to what it settled is an adjustment line', () => {
  const journal = folder.open();
  append(journal, reserve(1, { value: '30', unit: 'CNY' }));
  journal.settle([receipt(journal, place(0))]);
  const closed = journal.closeShift({ atMs: nowMs });
  expect(closed.final).toEqual(cny(1, '30'));
  append(journal, release([0]));
  journal.settle([receipt(journal, place(1))]);
  expect(journal.stateOf(place(0))).toBe('voided');
  expect(journal.books(1)).toEqual(closed);
  const running = journal.books();
  expect(running).toMatchObject({ final: cny(1, '0'), voided: cny(0, '0'), balanced: true });
  expect(running?.adjustments).toMatchObject([{ ofShift: 1, from: 'final', to: 'voided' }]);
  journal.close();
  const again = folder.open();
  expect(again.books(1)).toEqual(closed);
  expect(again.books()).toEqual(running);
});

test('an entry declared lost counts as lost, and a receipt that comes after all still counts', () => {
  const journal = folder.open();
  append(journal, capture([90], '100'));
  journal.atomically((tx) => tx.declareLost(place(0)));
  expect(journal.books()).toMatchObject({ lost: cny(1, '100'), closing: cny(0, '0'), balanced: true });
  journal.settle([receipt(journal, place(0))]);
  expect(journal.stateOf(place(0))).toBe('final');
  expect(journal.books()).toMatchObject({ lost: cny(0, '0'), final: cny(1, '100'), balanced: true });
});

test('a restart in the middle of a shift changes no line of it', () => {
  const journal = folder.open();
  journal.openShift({ atMs: nowMs, label: 'late' });
  append(journal, capture([90], '5'));
  journal.settle([receipt(journal, place(0))]);
  append(journal, capture([91], '6'));
  const before = journal.books();
  journal.close();
  expect(folder.open().books()).toEqual(before);
});
