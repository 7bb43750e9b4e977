/** The machine of an office command: the real clock and entropy, a log that is quiet unless asked. */
import { systemClock } from '#core/clock';
import { systemEntropy } from '#core/entropy';
import { createLog } from '#core/log';
import type { OfficeMachine } from '../office/region-office.ts';

/** Warnings and worse go to standard error. */
export function officeMachine(name: string): OfficeMachine {
  return { clock: systemClock, entropy: systemEntropy, log: createLog({ level: 'error', name }) };
}
