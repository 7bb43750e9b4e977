/** What the cashier sees: the last verdict in one glance, the last scans with their finality as it changes. */
import { byId, element, icon, setText } from './elements.js';
import { amountsText, amountText, spanText, timeText } from './formats.js';
import { words } from './words.js';

const scansShown = 40;
const tones = { accept: 'accept', warn: 'warn', refuse: 'refuse' };

/** The finality that holds now: a settlement, once it came, wins over what the verdict said. */
export function finalityNow(verdict, settlement) {
  if (settlement !== undefined) return settlement.state;
  return verdict.finality;
}

/** How the verdict looks now: a yes that ended in a conflict is no longer green. */
function toneNow(verdict, settlement) {
  if (settlement !== undefined && settlement.state !== 'final') return 'warn';
  if (verdict.decision === 'accept' && verdict.finality === 'provisional' && settlement === undefined)
    return 'provisional';
  return tones[verdict.decision];
}

function shortKey(language, verdict) {
  if (verdict.key === '') return words[language].unreadable;
  return verdict.key.length > 34 ? `${verdict.key.slice(0, 18)}…${verdict.key.slice(-14)}` : verdict.key;
}

function valueText(language, verdict) {
  return verdict.value === null || verdict.unit === null ? '' : amountText(language, verdict.value, verdict.unit);
}

/** Shows the waiting state of a till that is ready, or not yet. */
export function showWaiting(language, ready) {
  const text = words[language];
  byId('verdict').dataset.tone = ready ? 'ready' : 'starting';
  byId('verdict-icon').setAttribute('href', '#icon-ready');
  setText('verdict-word', ready ? text.ready : text.starting);
  setText('verdict-text', ready ? text.readyText : text.startingText);
  byId('verdict-facts').hidden = true;
}

/** Shows a verdict large. `scan` is `{verdict, settlement, checkedOnly}`. */
export function showVerdict(language, { verdict, settlement, checkedOnly }) {
  const text = words[language];
  const finality = finalityNow(verdict, settlement);
  byId('verdict').dataset.tone = toneNow(verdict, settlement);
  // A yes that the region undid later is no longer called one.
  const undone = settlement !== undefined && settlement.state !== 'final' && verdict.decision !== 'refuse';
  byId('verdict-icon').setAttribute('href', undone ? '#icon-warn' : `#icon-${verdict.decision}`);
  const word = checkedOnly && verdict.decision === 'accept' ? text.valid : text[verdict.decision];
  setText('verdict-word', undone ? text[finality] : word);
  setText('verdict-text', checkedOnly ? `${verdict.text[language]} ${text.checkedOnly}` : verdict.text[language]);
  byId('verdict-facts').hidden = false;
  setText('verdict-title', verdict.title ?? shortKey(language, verdict));
  setText('verdict-value', valueText(language, verdict));
  const firmness = checkedOnly ? 'none' : finality;
  byId('verdict-finality').dataset.finality = firmness;
  byId('finality-icon').setAttribute('href', `#icon-${firmness}`);
  setText('finality-word', text[firmness]);
  const settled = settlement?.state === 'final' ? text.inBlock(settlement.height) : text[`${firmness}Why`];
  setText('finality-why', settled);
  setText('verdict-check', verdict.checkCode);
  const took = spanText(language, Math.max(1, Math.round(verdict.elapsedMs)));
  setText('verdict-when', `${timeText(language, verdict.timeLowMs)} · ${took}`);
}

function scanRow(language, { verdict, settlement, checkedOnly }) {
  const row = element('li', 'scan');
  row.dataset.tone = toneNow(verdict, settlement);
  const mark = element('span', 'scan-mark');
  mark.append(icon(verdict.decision));
  const first = element('span', 'scan-line');
  first.append(element('span', 'scan-title', verdict.title ?? shortKey(language, verdict)));
  first.append(element('span', 'scan-value', verdict.decision === 'refuse' ? '' : valueText(language, verdict)));
  const second = element('span', 'scan-line');
  const detail = verdict.decision === 'accept' ? shortKey(language, verdict) : verdict.text[language];
  second.append(element('span', 'scan-detail', `${timeText(language, verdict.timeLowMs)} · ${detail}`));
  const firmness = checkedOnly ? 'none' : finalityNow(verdict, settlement);
  if (verdict.decision !== 'refuse') {
    const badge = element('span', 'finality');
    badge.dataset.finality = firmness;
    badge.append(icon(firmness), element('span', '', words[language][firmness]));
    second.append(badge);
  }
  const lines = element('span', 'scan-lines');
  lines.append(first, second);
  row.append(mark, lines);
  return row;
}

/** The list of the last scans, newest first. */
export function showScans(language, scans) {
  byId('scans').replaceChildren(...scans.slice(0, scansShown).map((scan) => scanRow(language, scan)));
  byId('no-scans').hidden = scans.length > 0;
}

/** The four tiles and the open basket. */
export function showTiles(language, status) {
  const text = words[language];
  const waiting = status.journal.pending.value + status.journal.pending.trace;
  setText('tile-queue', waiting === 0 ? text.nothing : text.entries(waiting));
  setText('tile-exposure', amountsText(language, status.exposure.byUnit));
  const { hours, ownedUnits, budgetUnits } = status.autonomy;
  setText(
    'tile-autonomy',
    hours === null ? text.units(ownedUnits + budgetUnits) : spanText(language, hours * 3_600_000),
  );
  setText('tile-books', status.books.balanced ? text.balanced : text.notBalanced);
  byId('tile-books').classList.toggle('alarming', !status.books.balanced);
  const open = status.openBaskets[0];
  byId('basket').hidden = open === undefined;
  if (open !== undefined) setText('basket-text', text.basketOpen(open.coupons));
}
