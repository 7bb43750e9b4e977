/** The written reference of every frozen format, one page a room, generated from the formats themselves. */
import type { Format } from '#core/format';
import { describeFormat } from '#core/format-reference';
import { accountFormat } from '#ledger/accounts/account';
import { spentConsentsFormat } from '#ledger/accounts/debit-consent';
import { holderFormat } from '#ledger/accounts/holder';
import { mintedFormat } from '#ledger/accounts/mint-limit';
import { storeFormat } from '#ledger/accounts/store';
import { terminalFormat } from '#ledger/accounts/terminal';
import { allianceDebtFormat, allianceFormat, memberFormat, signedTermsFormat } from '#ledger/alliances/alliance';
import { referralPathFormat } from '#ledger/alliances/referral';
import { storedAllianceTermsFormat } from '#ledger/alliances/terms';
import { assetFormat, earnedFormat, storedAssetTermsFormat } from '#ledger/assets/asset';
import { balanceFormat } from '#ledger/assets/balance';
import { openReservationsFormat } from '#ledger/baskets/open-reservations';
import { saleFormat } from '#ledger/baskets/sale';
import { callBookFormat, callSlotFormat, disputeFormat, votersFormat } from '#ledger/contracts/call';
import { callInputFormat } from '#ledger/contracts/executor-port';
import { executorsFormat } from '#ledger/contracts/executor-registry';
import { netDebtsArgsFormat } from '#ledger/contracts/native/net-debts';
import { payIfArgsFormat } from '#ledger/contracts/native/pay-if';
import { payProRataArgsFormat } from '#ledger/contracts/native/pay-pro-rata';
import { itemRestFormat } from '#ledger/coupons/item-rest';
import { seriesFormat, storedTermsFormat } from '#ledger/coupons/series';
import { useCountFormat } from '#ledger/coupons/series-uses';
import { termsFormat } from '#ledger/coupons/terms';
import { regionFormat } from '#ledger/genesis-state';
import { entryFormat } from '#ledger/journal/entry';
import { salvageFormat } from '#ledger/journal/salvage';
import { segmentFormat } from '#ledger/journal/segment';
import { streamHeadFormat } from '#ledger/journal/stream-head';
import { marketFormat, offerSlotFormat, ownOffersFormat } from '#ledger/market/market-book';
import { pathFormat } from '#ledger/market/match-block';
import { operationFormat } from '#ledger/operation';
import { receiptFormat } from '#ledger/receipt';
import { allocationFormat } from '#ledger/rights/allocation';
import { rightFormat } from '#ledger/rights/right';
import { openRightsFormat } from '#ledger/rights/right-book';
import { blockTimesFormat } from '#ledger/rights/shard-age';
import { leafProofFormat, shardDeltaFormat, shardProofFormat, snapshotChunkFormat } from '#ledger/state/delta';
import { historyProofFormat } from '#ledger/state/history-proof';
import { absenceProofFormat } from '#ledger/trace/absence-proof';
import { batchFormat } from '#ledger/trace/batch';
import { custodyFormat } from '#ledger/trace/custody';
import { logisticsUnitFormat } from '#ledger/trace/logistics-unit';
import { registerChunkFormat, registersFormat } from '#ledger/trace/registers';
import { serialIndexFormat, serialsChunkFormat } from '#ledger/trace/serial-list';
import { evidenceCountFormat, evidenceFormat } from '#ledger/validators/evidence';
import { wishedSetFormat } from '#ledger/validators/validator-set';
import { votingKeyFormat } from '#ledger/validators/voting-key';
import { lightPlaceFormat } from '#sync/light-client/light-place';
import { receiptProofFormat } from '#sync/light-client/receipt-proof';
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
import { feedFormat, pollFormat, submitReplyFormat } from '#sync/wire/https-message';
import { operatorCheckpointFormat } from '#sync/wire/operator-checkpoint';
import { peerMessageFormat } from '#sync/wire/peer-message';
import { recoveryPageFormat } from '#sync/wire/recovery-page';
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
      allianceFormat,
      storedAllianceTermsFormat,
      signedTermsFormat,
      memberFormat,
      allianceDebtFormat,
      referralPathFormat,
      shardDeltaFormat,
      shardProofFormat,
      snapshotChunkFormat,
      leafProofFormat,
      historyProofFormat,
      regionFormat,
      accountFormat,
      storeFormat,
      terminalFormat,
      mintedFormat,
      holderFormat,
      spentConsentsFormat,
      streamHeadFormat,
      salvageFormat,
      seriesFormat,
      storedTermsFormat,
      openReservationsFormat,
      saleFormat,
      useCountFormat,
      itemRestFormat,
      openRightsFormat,
      blockTimesFormat,
      batchFormat,
      serialIndexFormat,
      serialsChunkFormat,
      registersFormat,
      registerChunkFormat,
      custodyFormat,
      logisticsUnitFormat,
      absenceProofFormat,
      assetFormat,
      storedAssetTermsFormat,
      earnedFormat,
      balanceFormat,
      marketFormat,
      offerSlotFormat,
      ownOffersFormat,
      pathFormat,
      evidenceFormat,
      evidenceCountFormat,
      executorsFormat,
      callBookFormat,
      callSlotFormat,
      votersFormat,
      disputeFormat,
      callInputFormat,
      netDebtsArgsFormat,
      payProRataArgsFormat,
      payIfArgsFormat,
      wishedSetFormat,
      votingKeyFormat,
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
      receiptProofFormat,
      lightPlaceFormat,
      operatorCheckpointFormat,
      recoveryPageFormat,
      deltaMessageFormat,
      turnedAwayFormat,
      requestFormat,
      replyFormat,
      submitReplyFormat,
      pollFormat,
      feedFormat,
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
