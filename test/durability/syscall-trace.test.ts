import { expect, test } from 'vitest';
import { eventsOf } from './syscall-trace.ts';

const hex = (text: string): string =>
  [...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('');
const file = `18<${hex('/disk/state/a.db')}>`;
const noFile = (): boolean => false;

test('a call that another thread interrupts is read whole, wherever its result stands in the line', () => {
  const trace = [
    `100 mkdir("${hex('/disk/state')}", 0700) = 0`,
    `100 openat(AT_FDCWD<${hex('/')}>, "${hex('/disk/state/a.db')}", O_RDWR|O_CREAT, 0644) = ${file}`,
    `100 pwrite64(${file}, "${hex('abc')}", 3, 0 <unfinished ...>`,
    `101 mmap(NULL, 4096, PROT_READ, MAP_PRIVATE|MAP_ANONYMOUS, -1, 0) = 0x7f0000000000`,
    '100 <... pwrite64 resumed>)             = 3',
    `100 fdatasync(${file} <unfinished ...>`,
    `101 openat(AT_FDCWD<${hex('/')}>, "${hex('/nowhere')}", O_RDONLY) = -1 ENOENT (No such file or directory)`,
    '100 <... fdatasync resumed>)            = 0',
    '100 --- SIGCHLD {si_signo=SIGCHLD} ---',
    `100 write(1<${hex('pipe:[1]')}>, "${hex('done\n')}", 5) = 5`,
    '100 +++ exited with 0 +++',
  ].join('\n');
  const events = eventsOf(trace, '/disk', noFile);
  expect(events.map(({ kind }) => kind)).toEqual(['mkdir', 'create', 'write', 'sync', 'say']);
  expect(events[2]).toMatchObject({ path: '/disk/state/a.db', offset: 0, data: Buffer.from('abc') });
});

test('a line that cannot be read is an error, not a blind spot', () => {
  expect(() => eventsOf('100 pwrite64(garbled', '/disk', noFile)).toThrow('cannot read the trace');
});
