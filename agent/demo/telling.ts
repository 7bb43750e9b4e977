/** How the demo tells its story on a terminal: one line a verdict, colours only where they are welcome. */
import type { Verdict } from '../verdict/verdict.ts';

const escape = (code: number) => (text: string, colours: boolean) => (colours ? `\u001b[${code}m${text}\u001b[0m` : text);
/** Text styles; plain when colours are off. */
export const style = { bold: escape(1), dim: escape(2), green: escape(32), red: escape(31), yellow: escape(33), cyan: escape(36) };

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
