/** The language that a command answers in. */
import { Option } from 'commander';

/** English or Chinese. */
export type Language = 'en' | 'zh';

/** A text in both. */
export type Bilingual = Readonly<Record<Language, string>>;

/** The language of the environment: the first of LC_ALL, LC_MESSAGES, LANG that is set, as POSIX has it. */
export function languageOf(environment: Readonly<Record<string, string | undefined>>): Language {
  const { LC_ALL, LC_MESSAGES, LANG } = environment;
  const locale = [LC_ALL, LC_MESSAGES, LANG].find((value) => value !== undefined && value !== '') ?? '';
  return locale.startsWith('zh') ? 'zh' : 'en';
}

/** `--lang en|zh`. */
export function languageOption(): Option {
  return new Option('--lang <language>', 'language of the answer (default: that of the environment)').choices([
    'en',
    'zh',
  ]);
}

/** The text with `{name}` filled in. */
export function filled(text: string, values: Readonly<Record<string, string | number>>): string {
  return text.replaceAll(/\{([a-z]+)\}/gi, (whole, name: string) => String(values[name] ?? whole));
}
