/** The screen of one till: keeps what it was told, shows it in the chosen language, passes codes to the agent. */
import { byId, setText } from './elements.js';
import { spanText } from './formats.js';
import { call, findToken, followEvents } from './live-data.js';
import { showRehearsal, showStore } from './store-view.js';
import { showScans, showTiles, showVerdict, showWaiting } from './till-view.js';
import { words } from './words.js';

const pollMs = 2_000;
const scansKept = 200;
const languageName = 'bizain-language';

const state = {
  token: null,
  language: window.localStorage.getItem(languageName) ?? (navigator.language.startsWith('zh') ? 'zh' : 'en'),
  status: null,
  entries: [],
  scans: [],
  /** Settlements may overtake their verdicts on the wire. */
  settlements: new Map(),
  rehearsal: null,
  agentGone: false,
  alarm: null,
  storeShown: false,
};

function noticeText() {
  const text = words[state.language];
  if (state.token === null) return text.askToken;
  if (state.agentGone) return text.agentGone;
  return state.alarm === null ? '' : `${text.alarm(state.alarm.code)}${state.alarm.message}`;
}

function showBar() {
  const { language, status } = state;
  const text = words[language];
  const notice = noticeText();
  byId('notice').hidden = notice === '';
  setText('notice', notice);
  if (status === null) return;
  const lane = status.terminal.split('/')[1] ?? status.terminal;
  const place = status.role === 'station' ? text.station : text.lane;
  setText('lane', /^(lane|station)?-?\d+$/.test(lane) ? `${place} ${lane.replace(/\D/g, '')}` : lane);
  setText('store', status.store);
  const up = status.line.connected && !state.agentGone;
  byId('line').dataset.state = up ? 'up' : 'down';
  byId('line')
    .querySelector('use')
    .setAttribute('href', up ? '#icon-up' : '#icon-down');
  const word = up ? text.lineUp : text.lineDown;
  setText('line-text', up ? word : `${word} · ${spanText(language, status.line.forMs)}`);
}

function show() {
  const { language, status, scans } = state;
  const last = scans[0];
  showBar();
  if (last === undefined) showWaiting(language, status?.ready ?? false);
  else showVerdict(language, last);
  showScans(language, scans);
  if (status === null) return;
  showTiles(language, status);
  if (state.storeShown) showStore(language, status, state.entries);
  if (state.rehearsal !== null) showRehearsal(language, state.rehearsal);
}

function showWords() {
  const text = words[state.language];
  document.documentElement.lang = state.language === 'zh' ? 'zh-CN' : 'en';
  for (const node of document.querySelectorAll('[data-word]')) node.textContent = text[node.dataset.word];
  for (const node of document.querySelectorAll('[data-placeholder]')) node.placeholder = text[node.dataset.placeholder];
  const button = byId('language');
  button.textContent = text.languageButton;
  button.lang = state.language === 'zh' ? 'en' : 'zh';
  button.setAttribute('aria-label', text.languageLabel);
}

function addVerdict(verdict, checkedOnly) {
  if (state.scans.some((scan) => scan.verdict.id === verdict.id)) return;
  state.scans.unshift({ verdict, checkedOnly, settlement: state.settlements.get(verdict.id) });
  state.scans.length = Math.min(state.scans.length, scansKept);
}

function addSettlement(settlement) {
  state.settlements.set(settlement.verdictId, settlement);
  if (state.settlements.size > scansKept) state.settlements.delete(state.settlements.keys().next().value);
  const scan = state.scans.find(({ verdict }) => verdict.id === settlement.verdictId);
  if (scan !== undefined) scan.settlement = settlement;
}

function hear(event) {
  if (event.type === 'verdict') addVerdict(event.verdict, false);
  else if (event.type === 'settlement') addSettlement(event.settlement);
  else if (event.type === 'alarm') state.alarm = event;
  else if (event.type === 'line' && state.status !== null) {
    state.status = { ...state.status, line: { connected: event.connected, sinceMs: event.atMs, forMs: 0 } };
  }
  show();
}

async function poll() {
  const status = await call(state.token, '/v1/status');
  if (status.status === 401) state.token = null;
  state.agentGone = status.status === 0;
  if (status.ok) state.status = status.body;
  if (status.ok && state.storeShown) {
    const queue = await call(state.token, '/v1/queue');
    if (queue.ok) state.entries = queue.body.entries.slice(0, 200);
  }
  show();
}

async function keepPolling() {
  while (state.token !== null) {
    await poll();
    await new Promise((resolve) => window.setTimeout(resolve, pollMs));
  }
  show();
}

async function submitCode(path, checkedOnly) {
  const input = byId('code');
  const code = input.value;
  if (code === '') return;
  input.value = '';
  const answer = await call(state.token, path, { code, device: 'screen' });
  if (answer.ok) addVerdict(answer.body, checkedOnly);
  else if (answer.status === 0) state.agentGone = true;
  else state.alarm = { code: answer.body.error, message: answer.body.message };
  show();
  input.focus();
}

async function endBasket(action) {
  const open = state.status?.openBaskets[0];
  if (open === undefined) return;
  const answer = await call(state.token, `/v1/baskets/${open.id}/${action}`, {});
  if (!answer.ok && answer.body !== null) {
    state.alarm = {
      code: answer.body.error ?? action,
      message: answer.body.message ?? answer.body.text[state.language],
    };
  }
  await poll();
}

function showView(storeShown) {
  state.storeShown = storeShown;
  byId('till').hidden = storeShown;
  byId('manager').hidden = !storeShown;
  byId('show-till').setAttribute('aria-pressed', String(!storeShown));
  byId('show-store').setAttribute('aria-pressed', String(storeShown));
  if (state.token !== null) void poll();
}

function wire() {
  byId('entry').addEventListener('submit', (event) => {
    event.preventDefault();
    void submitCode('/v1/redeem', false);
  });
  byId('check').addEventListener('click', () => void submitCode('/v1/verify', true));
  byId('basket-close').addEventListener('click', () => void endBasket('close'));
  byId('basket-release').addEventListener('click', () => void endBasket('release'));
  byId('show-till').addEventListener('click', () => showView(false));
  byId('show-store').addEventListener('click', () => showView(true));
  byId('notice').addEventListener('click', () => {
    state.alarm = null;
    show();
  });
  byId('rehearse').addEventListener('click', async () => {
    const answer = await call(state.token, '/v1/rehearsal');
    if (answer.ok) state.rehearsal = answer.body;
    show();
  });
  byId('language').addEventListener('click', () => {
    state.language = state.language === 'en' ? 'zh' : 'en';
    window.localStorage.setItem(languageName, state.language);
    showWords();
    show();
  });
}

wire();
showWords();
showWaiting(state.language, false);
state.token = await findToken();
showBar();
if (state.token !== null) {
  void followEvents(state.token, hear);
  void keepPolling();
}
byId('code').focus();
