/** How the demo tells its story on a terminal: one line a verdict, colours only where they are welcome. */
import type { Verdict } from '../verdict/verdict.ts';

const ansi = (code: number) => (text: string, colours: boolean) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
/** Text styles; plain when colours are off. */
export const style = {
  bold: ansi(1),
  dim: ansi(2),
  green: ansi(32),
  red: ansi(31),
  yellow: ansi(33),
  cyan: ansi(36),
};

/** Milliseconds for people. */
export function formatMs(ms: number): string {
  return ms < 10 ? `${ms.toFixed(1)} ms` : `${Math.round(ms)} ms`;
}

const marks: Readonly<Record<Verdict['decision'], string>> = { accept: '✔', warn: '!', refuse: '✘' };

/** One line: mark, terminal, word, text in both languages, time. */
export function describeVerdict(verdict: Verdict): string {
  const lane = verdict.terminal.split('/')[1] ?? verdict.terminal;
  const word = verdict.finality === 'none' ? verdict.decision : verdict.finality;
  return `${marks[verdict.decision]} ${lane.padEnd(8)} ${word.padEnd(11)} ${verdict.text.en} / ${verdict.text.zh} (${formatMs(verdict.elapsedMs)})`;
}
