/**
 * Free TCP ports of 127.0.0.1, for what must know its port before it listens. They lie below the range from which systems
 * take the ports of outgoing connections (IANA: 49152 up, Linux: 32768 up), so that none is taken in between.
 */
import { createServer } from 'node:net';
import { systemEntropy, uniformInt } from '#core/entropy';
import { BizainError } from '#core/errors';
import type { DemoErrorCode } from './errors.ts';

const portMin = 12_000;
const portMax = 31_999;
const attemptsMax = 200;

function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  return new Promise((resolve) => {
    probe.once('error', () => resolve(false));
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(true)));
  });
}

/**
 * First of `count` consecutive ports that are free now.
 * @throws BizainError `NO_FREE_PORTS` when a long search finds none.
 */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
    const first = portMin + uniformInt(systemEntropy, portMax - portMin - count);
    const free = await Promise.all(Array.from({ length: count }, (_, i) => isFree(first + i)));
    if (free.every(Boolean)) return first;
  }
  const message = `Found no ${count} free ports in a row on 127.0.0.1 from ${portMin} to ${portMax}. Stop what uses them.`;
  throw new BizainError({ code: 'NO_FREE_PORTS' satisfies DemoErrorCode, message });
}

/** Ports that were free a moment ago. Errors as `freePortBlock`. */
export async function freePorts(count: number): Promise<number[]> {
  const first = await freePortBlock(count);
  return Array.from({ length: count }, (_, i) => first + i);
}
