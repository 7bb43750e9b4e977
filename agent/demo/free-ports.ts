/** Free TCP ports of 127.0.0.1, for what must know its port before it listens. */
import { createServer } from 'node:net';

/** Ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  await Promise.all(servers.map((s) => new Promise<void>((done) => s.listen(0, '127.0.0.1', done))));
  const ports = servers.map((s) => {
    const address = s.address();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  await Promise.all(servers.map((s) => new Promise<void>((done) => s.close(() => done()))));
  return ports;
}

/** First of `count` consecutive ports that are free now. */
export async function freePortBlock(count: number): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    const [base = 0] = await freePorts(1);
    const probes = Array.from({ length: count }, (_, i) =>
      createServer()
        .on('error', () => undefined)
        .listen(base + i, '127.0.0.1'),
    );
    const free = await Promise.all(
      probes.map(
        (s) => new Promise<boolean>((done) => s.once('listening', () => done(true)).once('error', () => done(false))),
      ),
    );
    await Promise.all(probes.map((s) => new Promise<void>((done) => s.close(() => done()))));
    if (base + count < 65_536 && (free.every(Boolean) || attempt > 20)) return base;
  }
}
