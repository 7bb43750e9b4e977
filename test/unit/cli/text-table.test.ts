import { expect, test } from 'vitest';
import { filled, languageOf } from '#agent/cli/language';
import { displayWidth, textTable } from '#agent/cli/text-table';

test('columns line up on the screen where Chinese characters take two places', () => {
  expect(displayWidth('高度 a')).toBe(6);
  const lines = textTable([
    ['验证节点', 'x'],
    ['v1', 'y'],
    ['v10', ''],
  ]);
  expect(lines).toEqual(['验证节点  x', 'v1        y', 'v10']);
  expect(textTable([])).toEqual([]);
});

test('the language is that of the environment, by the precedence of POSIX', () => {
  expect(languageOf({ LANG: 'zh_CN.UTF-8' })).toBe('zh');
  expect(languageOf({ LANG: 'zh_CN.UTF-8', LC_ALL: 'de_DE.UTF-8' })).toBe('en');
  expect(languageOf({ LANG: 'de_DE', LC_ALL: '', LC_MESSAGES: 'zh_TW' })).toBe('zh');
  expect(languageOf({})).toBe('en');
});

test('a text is filled with what is known, and what is not stays visible', () => {
  expect(filled('{who} at {height}: {more}', { who: 'v1', height: 7 })).toBe('v1 at 7: {more}');
});
