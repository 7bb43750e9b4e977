import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { fromHex } from '#core/bytes';
import { VirtualClock } from '#core/clock';
import { createLog } from '#core/log';
import { ReportAssembler } from '#drivers/hid-pos/report-assembler';
import { loadProfile, profilesFolder } from '#drivers/profiles/load-profile';
import { ScanOutlet } from '#drivers/scan-outlet';
import { ScanStream } from '#drivers/scan-stream';
import { RECORDINGS, type Recording } from './recordings.ts';

const log = createLog({ level: 'silent', name: 'test', destination: 'silent' });

function replay(recording: Recording): (readonly [string | null, string])[] {
  const profile = loadProfile(recording.profile);
  const chunks = recording.hex.split(' ').map((hex) => fromHex(hex) ?? new Uint8Array());
  const scans: (readonly [string | null, string])[] = [];
  const clock = new VirtualClock();
  if (recording.via === 'hidPos') {
    const assembler = new ReportAssembler(profile.hidPos ?? { continuationMs: 0 });
    for (const chunk of chunks) {
      for (const event of assembler.push(chunk, 0)) {
        if (event.kind === 'scan') scans.push([event.aim, Buffer.from(event.data).toString()]);
      }
    }
    return scans;
  }
  const settings = profile[recording.via];
  if (settings === undefined) return scans;
  const outlet = new ScanOutlet('replayed', { clock, log });
  outlet.onScan((scan) => scans.push([scan.aim, Buffer.from(scan.data).toString()]));
  outlet.enter('open');
  const stream = new ScanStream(settings, outlet, clock);
  for (const chunk of chunks) stream.push(chunk);
  clock.advance(60_000);
  return scans;
}

test.each(RECORDINGS)('$profile over $via gives the scans of its recording ($origin): $note', (recording) => {
  expect(replay(recording)).toEqual(recording.scans);
});

test('every profile that ships has a recording', () => {
  const shipped = readdirSync(profilesFolder(), { withFileTypes: true })
    .filter((vendor) => vendor.isDirectory())
    .flatMap((vendor) =>
      readdirSync(`${profilesFolder()}/${vendor.name}`).map((file) => `${vendor.name}/${file.replace(/\.json$/, '')}`),
    );
  expect(new Set(RECORDINGS.map((recording) => recording.profile))).toEqual(new Set(shipped));
});
