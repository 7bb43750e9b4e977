/** What the store manager sees: line, queue, exposure, books, what is cached, devices. */
import { byId, fillFacts, fillTable, setText } from './elements.js';
import { amountsText, amountText, countText, shareText, spanText } from './formats.js';
import { words } from './words.js';

const tallies = ['openingPending', 'accepted', 'final', 'conflicted', 'refused', 'voided', 'lost', 'pending'];
const tallyWords = { lost: 'lostRow' };

function showLine(language, status, entries) {
  const text = words[language];
  const { journal, head, line } = status;
  const anchored = journal.anchored ? text.anchored : text.unanchored;
  fillFacts('line-facts', [
    [text.line, text.lineSince(line.connected ? text.lineUp : text.lineDown, spanText(language, line.forMs))],
    [text.block, head === null ? text.unknown : countText(language, head.height)],
    [text.journal, journal.writable ? anchored : text.locked],
  ]);
  const rows = entries.map((item) => [
    item.kind,
    item.key ?? '',
    item.ageMs === null ? '' : spanText(language, item.ageMs),
  ]);
  fillTable('queue', [text.queueKind, text.queueKey, text.queueAge], rows, text.queueEmpty);
}

function showOutage(language, status) {
  const text = words[language];
  const { scansPerHour, ownedUnits, budgetUnits, hours, coverage } = status.autonomy;
  fillFacts('outage-facts', [
    [text.exposure, amountsText(language, status.exposure.byUnit)],
    [text.autonomy, hours === null ? text.unknown : spanText(language, hours * 3_600_000)],
    [text.owned, countText(language, ownedUnits)],
    [text.budgetUnits, countText(language, budgetUnits)],
    [text.traffic, scansPerHour === null ? text.unknown : text.perHour(countText(language, Math.round(scansPerHour)))],
    [text.coverage, coverage === null ? text.unknown : shareText(language, coverage)],
  ]);
  const rows = status.exposure.budgets.map((budget) => [
    budget.title,
    countText(language, budget.outstandingCount),
    `${countText(language, budget.grantableCount)} · ${amountText(language, budget.grantableValue, budget.unit)}`,
    amountText(language, budget.conflictedValue, budget.unit),
    amountText(language, budget.worstCaseValue, budget.unit),
  ]);
  fillTable('budgets', [text.series, text.taken, text.stillOpen, text.lost, text.worst], rows, text.noBudgets);
}

function showBooks(language, books) {
  const text = words[language];
  const rows = tallies.map((name) => [
    text[tallyWords[name] ?? name],
    countText(language, books[name].count),
    amountsText(language, books[name].values),
  ]);
  fillTable('books', [text.row, text.count, text.value], rows);
  setText('books-verdict', books.balanced ? text.balancedLong : text.notBalancedLong);
  byId('books-verdict').classList.toggle('alarming', !books.balanced);
}

function showCache(language, status) {
  const text = words[language];
  const { lowMs, highMs, trusted } = status.clock;
  fillFacts('cache-facts', [
    [text.complete, status.ready ? text.allHere : text.notAllHere],
    [text.clock, trusted ? text.clockTrusted(spanText(language, highMs - lowMs)) : text.clockUntrusted],
  ]);
  const rows = status.shards.map((shard) => [
    shard.shard,
    countText(language, shard.height),
    countText(language, shard.leaves),
    spanText(language, shard.ageMs),
  ]);
  fillTable('shards', [text.shard, text.height, text.objects, text.age], rows, text.unknown);
}

function hubText(text, hub) {
  if (hub.self) return text.hubSelf;
  if (hub.terminal === null) return text.hubNone;
  return hub.reachable ? text.hubAt(hub.terminal) : text.hubAway(hub.terminal);
}

function showDevices(language, status) {
  const text = words[language];
  fillFacts('hub-facts', [[text.hub, hubText(text, status.hub)]]);
  const rows = status.scanners.map((scanner) => [
    scanner.name,
    scanner.transport,
    scanner.detail === null ? scanner.state : `${scanner.state}: ${scanner.detail}`,
  ]);
  fillTable('scanners', [text.scanner, text.transport, text.state], rows, text.noScanners);
}

/** Shows the whole manager's view. */
export function showStore(language, status, entries) {
  showLine(language, status, entries);
  showOutage(language, status);
  showBooks(language, status.books);
  showCache(language, status);
  showDevices(language, status);
}

/** Shows the answer of a rehearsal. */
export function showRehearsal(language, rehearsal) {
  const risk = amountsText(language, rehearsal.atRisk);
  const text = words[language];
  const atRisk = rehearsal.provisional > 0 ? ` ${text.exposure}: ${risk}.` : '';
  setText('rehearsal', `${text.rehearsed(rehearsal)}${atRisk}`);
}
