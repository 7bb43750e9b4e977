import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { packageRoot } from '#agent/api/screen-files';
import { formatPages } from '#agent/cli/format-pages';

describe('the written reference of the formats', () => {
  it.each(formatPages().map((page) => [page.path, page.text]))(
    '%s is current; `bizain formats --write` makes it so',
    (path, text) => {
      expect(readFileSync(join(packageRoot(), path), 'utf8')).toBe(text);
    },
  );

  it('every link leads to a section', () => {
    const pages = formatPages();
    const sections = new Set(
      pages.flatMap(({ path, text }) =>
        [...text.matchAll(/^### (\S+)/gm)].map((match) => `${path}#${match[1]?.toLowerCase()}`),
      ),
    );
    for (const { path, text } of pages) {
      const links = [...text.matchAll(/\]\((?:\.\.\/\.\.\/)?([^)#]*)#([^)]+)\)/g)];
      expect(links.length).toBeGreaterThan(10);
      for (const [, file, name] of links) expect(sections).toContain(`${file === '' ? path : file}#${name}`);
    }
  });
});
