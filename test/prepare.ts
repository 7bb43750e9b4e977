/**
 * Makes sure that the system packages which the tests drive for real are there: installs them where it may (root or
 * passwordless sudo on Debian), otherwise says exactly what is missing and fails. It never leaves tests out. A second version of
 * Node.js comes from the npm registry.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { hasOtherNode, otherNode, otherNodeInstall } from './fixtures/other-node.ts';

const needed = [
  { command: 'mosquitto', package: 'mosquitto', paths: ['/usr/sbin/mosquitto', '/usr/bin/mosquitto'] },
  { command: 'socat', package: 'socat', paths: ['/usr/bin/socat'] },
  { command: 'strace', package: 'strace', paths: ['/usr/bin/strace'] },
  { command: 'chromium', package: 'chromium', paths: ['/usr/bin/chromium'] },
  {
    command: 'libusb',
    package: 'libusb-1.0-0',
    paths: ['/usr/lib/x86_64-linux-gnu/libusb-1.0.so.0', '/usr/lib/aarch64-linux-gnu/libusb-1.0.so.0'],
  },
];

function run(command: string, args: readonly string[]): boolean {
  const result = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
  });
  return result.status === 0;
}

const missingNow = () => needed.filter((tool) => !tool.paths.some((path) => existsSync(path)));

function installMissing(): void {
  const names = missingNow().map((tool) => tool.package);
  if (names.length === 0 || !existsSync('/usr/bin/apt-get')) return;
  const asRoot = process.getuid?.() === 0;
  if (!asRoot && !run('sudo', ['-n', 'true'])) return;
  const apt = (...args: string[]) => (asRoot ? run('apt-get', args) : run('sudo', ['-n', 'apt-get', ...args]));
  process.stderr.write(`installing what the tests drive: ${names.join(' ')}\n`);
  if (!apt('install', '-y', '--no-install-recommends', ...names)) {
    apt('update');
    apt('install', '-y', '--no-install-recommends', ...names);
  }
}

installMissing();
const missing = missingNow();
if (missing.length > 0) {
  const list = missing.map((tool) => tool.package).join(' ');
  process.stderr.write(
    `The tests need ${missing.map((tool) => tool.command).join(', ')}, which this machine lacks and this user may not install.\n` +
      `On Debian run: sudo apt-get install ${list}\n`,
  );
  process.exit(3);
}

if (!hasOtherNode()) {
  const folder = dirname(dirname(dirname(dirname(otherNode))));
  mkdirSync(folder, { recursive: true });
  const installed = run('npm', otherNodeInstall) && hasOtherNode();
  if (!installed) {
    process.stderr.write(
      `The tests compare two versions of Node.js. Installing the other one failed: npm ${otherNodeInstall.join(' ')}\n`,
    );
    process.exit(3);
  }
}
