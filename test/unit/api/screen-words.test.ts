import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#agent/api/screen-files';

const folder = join(packageRoot(), 'agent/screen');

describe('the words of the screen', () => {
  it('are there in both languages, and every word that the page asks for is one of them', async () => {
    const { words } = (await import(pathToFileURL(join(folder, 'words.js')).href)) as {
      words: Record<'en' | 'zh', Record<string, unknown>>;
    };
    expect(Object.keys(words.zh)).toEqual(Object.keys(words.en));
    const page = readFileSync(join(folder, 'index.html'), 'utf8');
    const asked = [...page.matchAll(/data-(?:word|placeholder)="([^"]+)"/g)].map((match) => match[1] ?? '');
    expect(asked.length).toBeGreaterThan(20);
    expect(asked.filter((name) => typeof words.en[name] !== 'string')).toEqual([]);
  });
});
