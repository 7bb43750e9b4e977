import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type LocalApi, startLocalApi } from '#agent/api/local-api';
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import { ScriptedTerminal, statusOf, verdictOf } from '../../integration/api/scripted-terminal.ts';

const flags = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

let browser: Browser;
let context: BrowserContext;
let folder: string;
let terminal: ScriptedTerminal;
let api: LocalApi;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: flags });
});
afterAll(() => browser.close());

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'bizain-screen-'));
  terminal = new ScriptedTerminal();
  const log = createLog({ level: 'silent', name: 'test' });
  const machine = { clock: systemClock, entropy: systemEntropy, log };
  api = await startLocalApi({ host: '127.0.0.1', port: 0, tokenFile: join(folder, 'token'), terminal, ...machine });
  context = await browser.newContext({ viewport: { width: 1_024, height: 600 }, locale: 'en-GB' });
  page = await context.newPage();
  page.setDefaultTimeout(10_000);
  complaints = [];
  // Chromium reports what the content security policy forbids, failed requests and exceptions here.
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text());
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  await page.goto(`${api.url}/`);
  await page.locator('#lane', { hasText: 'Lane 1' }).waitFor();
});
afterEach(async () => {
  await context.close();
  await api.close();
  rmSync(folder, { recursive: true });
});

const word = () => page.locator('#verdict-word');
const shown = (text: string) => page.locator('#verdict-word', { hasText: text }).waitFor();
const settled = (verdictId: string, state: 'final' | 'conflicted') =>
  terminal.tell({
    type: 'settlement',
    settlement: { verdictId, entry: { stream: 0, sequence: 1 }, state, reasons: [], height: 1_205, elapsedMs: 90 },
  });

describe('the screen', () => {
  it('is ready by itself on the till’s own machine, without a complaint of the browser', async () => {
    await shown('Ready to scan');
    expect(await page.locator('#line-text').textContent()).toBe('Online');
    expect(complaints).toEqual([]);
  });

  it('shows a scan with word, text, value, finality and check code, and asks no other host', async () => {
    const hosts = new Set<string>();
    page.on('request', (request) => hosts.add(new URL(request.url()).origin));
    terminal.tell({ type: 'verdict', verdict: verdictOf() });
    await shown('Accepted');
    const texts = await page.locator('#verdict').textContent();
    for (const part of ['Coupon taken: 100 off.', 'Autumn voucher 100', '100', 'Final', '7K3M9QXA'])
      expect(texts).toContain(part);
    expect(await page.locator('#verdict').getAttribute('aria-live')).toBe('assertive');
    await page.waitForTimeout(2_200);
    expect([...hosts].filter((host) => host !== api.url)).toEqual([]);
  });

  it('follows a provisional yes to its end: final, or a conflict that is no longer called accepted', async () => {
    const verdict = verdictOf({ finality: 'provisional' });
    terminal.tell({ type: 'verdict', verdict });
    await page.locator('#finality-word', { hasText: 'Provisional' }).waitFor();
    expect(await page.locator('#verdict').getAttribute('data-tone')).toBe('provisional');
    settled(verdict.id, 'final');
    await page.locator('#finality-word', { hasText: 'Final' }).waitFor();
    expect(await page.locator('#verdict').getAttribute('data-tone')).toBe('accept');
    settled(verdict.id, 'conflicted');
    await shown('Conflict');
    expect(await page.locator('.scan .finality').first().textContent()).toBe('Conflict');
  });

  it('takes a typed code, checks another without taking it, and says so', async () => {
    await page.fill('#code', 'BZ1:ABC');
    await page.keyboard.press('Enter');
    await shown('Accepted');
    expect(terminal.asked).toEqual([{ call: 'redeem', input: { data: 'BZ1:ABC', aim: null, device: 'screen' } }]);
    terminal.answer = () => verdictOf({ id: '00000000000000b2', finality: 'none' });
    await page.fill('#code', 'BZ1:DEF');
    await page.click('#check');
    await shown('Valid');
    expect(await page.locator('#verdict-text').textContent()).toContain('Nothing was taken');
    expect(terminal.asked.at(-1)?.call).toBe('verify');
    expect(await page.locator('#scans > li').count()).toBe(2);
  });

  it('a code with markup in it is shown as text', async () => {
    const evil = '<img src=x onerror="document.title=1">';
    terminal.tell({ type: 'verdict', verdict: verdictOf({ title: evil, key: evil, text: { en: evil, zh: evil } }) });
    await page.locator('#verdict-text', { hasText: evil }).waitFor();
    expect([await page.locator('main img').count(), await page.title()]).toEqual([0, 'BIZAIN till']);
  });

  it('speaks Chinese at a touch, and still does after a reload', async () => {
    terminal.tell({ type: 'verdict', verdict: verdictOf({ decision: 'refuse', finality: 'none' }) });
    await page.click('#language');
    expect(await word().textContent()).toBe('不接受');
    await page.reload();
    await shown('不接受');
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN');
  });

  it('says when the line is cut, when the agent is gone and when it is back', async () => {
    terminal.state = statusOf({ line: { connected: false, sinceMs: 0, forMs: 120_000 } });
    await page.locator('#line-text', { hasText: 'Offline · 2 min' }).waitFor();
    const { port } = api;
    await api.close();
    await page.locator('#notice', { hasText: 'does not answer' }).waitFor();
    const log = createLog({ level: 'silent', name: 'test' });
    const machine = { clock: systemClock, entropy: systemEntropy, log };
    api = await startLocalApi({ host: '127.0.0.1', port, tokenFile: join(folder, 'token'), terminal, ...machine });
    await page.locator('#notice').waitFor({ state: 'hidden' });
    await page.waitForTimeout(1_500);
    terminal.tell({ type: 'verdict', verdict: verdictOf() });
    await shown('Accepted');
  });

  it('shows the manager queue, exposure, books, shards and scanners, and rehearses an outage', async () => {
    terminal.entries = [
      {
        stream: 0,
        sequence: 3,
        kind: 'coupon.reserve',
        state: 'pending',
        key: '255/4012345000016/1',
        value: '100',
        ageMs: 4_000,
        verdictId: null,
      },
    ];
    await page.click('#show-store');
    await page.locator('#queue', { hasText: 'coupon.reserve' }).waitFor();
    const text = await page.locator('#manager').textContent();
    for (const part of [
      'Autumn voucher 100',
      '93%',
      '4.4 h',
      'books balance',
      'c/4012345000016',
      '/dev/ttyACM0 is gone',
      'This till is the hub',
    ]) {
      expect(text).toContain(part);
    }
    await page.click('#rehearse');
    await page.locator('#rehearsal', { hasText: '30 would be guaranteed' }).waitFor();
  });

  it('closes an open basket', async () => {
    terminal.state = statusOf({ openBaskets: [{ id: 'a'.repeat(32), coupons: 2 }] });
    await page.locator('#basket-text', { hasText: '2 coupons' }).waitFor();
    await page.click('#basket-close');
    await expect.poll(() => terminal.baskets).toEqual([`close ${'a'.repeat(32)}`]);
  });

  it('takes a token from its address and leaves none there', async () => {
    const token = readFileSync(join(folder, 'token'), 'utf8').trim();
    await page.goto(`${api.url}/?token=${token}`);
    await page.locator('#lane', { hasText: 'Lane 1' }).waitFor();
    expect(page.url()).toBe(`${api.url}/`);
  });
});

describe('its look', () => {
  for (const [width, height] of [
    [1_024, 600],
    [390, 844],
    [1_600, 1_000],
  ] as const) {
    for (const colorScheme of ['light', 'dark'] as const) {
      it(`nothing runs out of a screen of ${width} x ${height}, ${colorScheme}; text has contrast`, async () => {
        await page.emulateMedia({ colorScheme });
        await page.setViewportSize({ width, height });
        for (const decision of ['accept', 'warn', 'refuse'] as const) {
          terminal.tell({ type: 'verdict', verdict: verdictOf({ id: `0000000000000${decision}`, decision }) });
        }
        await shown('Not accepted');
        const wider = () =>
          page.evaluate('document.documentElement.scrollWidth - document.documentElement.clientWidth');
        expect(await wider()).toBe(0);
        if (width === 1_024) {
          // Everything a cashier needs stands on one page.
          expect(
            await page.evaluate('document.querySelector(".tiles").getBoundingClientRect().bottom <= innerHeight'),
          ).toBe(true);
        }
        expect(await page.evaluate(worstContrast)).toBeGreaterThanOrEqual(4.5);
        await page.click('#show-store');
        await page.locator('#books-verdict', { hasText: 'balance' }).waitFor();
        expect(await wider()).toBe(0);
        expect(await page.evaluate(worstContrast)).toBeGreaterThanOrEqual(4.5);
      });
    }
  }
});

/** Least contrast (WCAG 2.2, 1.4.3) of any visible text with the nearest painted background; runs in the page. */
const worstContrast = `(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    return [...canvas.getImageData(0, 0, 1, 1).data];
  };
  const light = ([r, g, b]) => {
    const linear = [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  };
  const behind = (node) => {
    for (let at = node; at !== null; at = at.parentElement) {
      const color = rgba(getComputedStyle(at).backgroundColor);
      if (color[3] === 255) return color;
    }
    return rgba(getComputedStyle(document.body).backgroundColor);
  };
  let worst = 21;
  for (const node of document.querySelectorAll('body *')) {
    const own = [...node.childNodes].some((child) => child.nodeType === 3 && child.textContent.trim() !== '');
    if (!own || !node.checkVisibility() || node.closest('.unseen') !== null) continue;
    const style = getComputedStyle(node);
    const ground = behind(node);
    const opacity = Number(style.opacity);
    const ink = rgba(style.color).slice(0, 3).map((value, at) => value * opacity + ground[at] * (1 - opacity));
    const [a, b] = [light(ink), light(ground)];
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return worst;
})()`;
