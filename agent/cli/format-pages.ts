/** The written reference of every frozen format, one page a room, generated from the formats themselves. */
import type { Format } from '#core/format';
import { describeFormat } from '#core/format-reference';
import { accountFormat } from '#ledger/accounts/account';
import { storeFormat } from '#ledger/accounts/store';
import { terminalFormat } from '#ledger/accounts/terminal';
import { openReservationsFormat } from '#ledger/coupons/open-reservations';
import { seriesFormat, storedTermsFormat } from '#ledger/coupons/series';
import { termsFormat } from '#ledger/coupons/terms';
import { regionFormat } from '#ledger/genesis-state';
import { entryFormat } from '#ledger/journal/entry';
import { segmentFormat } from '#ledger/journal/segment';
import { streamHeadFormat } from '#ledger/journal/stream-head';
import { operationFormat } from '#ledger/operation';
import { receiptFormat } from '#ledger/receipt';
import { allocationFormat } from '#ledger/rights/allocation';
import { rightFormat } from '#ledger/rights/right';
import { openRightsFormat } from '#ledger/rights/right-book';
import { shardDeltaFormat, shardProofFormat, snapshotChunkFormat } from '#ledger/state/delta';
import { batchFormat, serialsChunkFormat } from '#ledger/trace/batch';
import { custodyFormat } from '#ledger/trace/custody';
import { blockFormat } from '#sync/wire/block';
import {
  deltaMessageFormat,
  headMessageFormat,
  receiptsMessageFormat,
  replyFormat,
  requestFormat,
  turnedAwayFormat,
} from '#sync/wire/gateway-message';
import { genesisFormat } from '#sync/wire/genesis';
import { peerMessageFormat } from '#sync/wire/peer-message';
import { certificateFormat, timeoutFormat, voteFormat } from '#sync/wire/vote';
import { alignTables } from './aligned-tables.ts';

/** One page: where it lives in the repository, and its text. */
export interface FormatPage {
  readonly room: 'ledger' | 'wire';
  readonly path: string;
  readonly text: string;
}

const encoding = `Every value is deterministic CBOR (RFC 8949, section 4.2.1): arrays of definite length, integers of up to 64
bits, text, byte strings, booleans and null; no maps, no tags, no floats. A format marked with a version begins with it;
a reader refuses a version that it does not know. Limits are part of the format: what exceeds them is refused before
anything is built from it. Integers are bounded inclusively, sizes are in bytes.

This page is generated from the code: \`bizain formats --write\`.`;

const pages = [
  {
    room: 'ledger',
    path: 'ledger/FORMATS.md',
    title: 'Formats of the ledger',
    formats: [
      entryFormat,
      operationFormat,
      segmentFormat,
      receiptFormat,
      termsFormat,
      rightFormat,
      allocationFormat,
      shardDeltaFormat,
      shardProofFormat,
      snapshotChunkFormat,
      regionFormat,
      accountFormat,
      storeFormat,
      terminalFormat,
      streamHeadFormat,
      seriesFormat,
      storedTermsFormat,
      openReservationsFormat,
      openRightsFormat,
      batchFormat,
      serialsChunkFormat,
      custodyFormat,
    ],
  },
  {
    room: 'wire',
    path: 'sync/wire/FORMATS.md',
    title: 'Formats of the wire',
    formats: [
      genesisFormat,
      blockFormat,
      voteFormat,
      timeoutFormat,
      certificateFormat,
      headMessageFormat,
      receiptsMessageFormat,
      deltaMessageFormat,
      turnedAwayFormat,
      requestFormat,
      replyFormat,
      peerMessageFormat,
    ],
  },
] as const;

/** Sections of a format by their names: a nested format is described once, wherever it occurs first. */
function sectionsOf(format: Format<unknown>): { name: string; text: string }[] {
  return describeFormat(format)
    .split(/^(?=### )/m)
    .map((text) => ({ name: /^### (.+)/.exec(text)?.[1]?.trim() ?? '', text: text.trim() }))
    .filter(({ name }) => name !== '');
}

/** Every page, current with the code. */
export function formatPages(): readonly FormatPage[] {
  const home = new Map<string, string>();
  return pages.map(({ room, path, title, formats }) => {
    const sections: string[] = [];
    for (const format of formats as readonly Format<unknown>[]) {
      for (const { name, text } of sectionsOf(format)) {
        if (home.has(name)) continue;
        home.set(name, path);
        sections.push(text);
      }
    }
    const body = sections.join('\n\n').replaceAll(/\]\(#([a-z0-9-]+)\)/g, (link, name: string) => {
      const elsewhere = home.get(name);
      return elsewhere === undefined || elsewhere === path ? link : `](../../${elsewhere}#${name})`;
    });
    return { room, path, text: alignTables(`# ${title}\n\n${encoding}\n\n${body}\n`) };
  });
}
