// Bytes as scanners send them, each with the scans they must give. `origin` tells a capture of a real device from bytes
// that were composed from a documented layout; a capture replaces a composed one as soon as somebody has the device. `via` is the section of the profile that is used.
// A recording of `hidPos` is one input report a line.

/** One recording; `hex` in lower case, blanks between chunks as they arrived. */
export interface Recording {
  readonly profile: string;
  readonly via: 'tcp' | 'serial' | 'hidPos';
  readonly origin: 'captured' | 'composed';
  readonly note: string;
  readonly hex: string;
  readonly scans: readonly (readonly [aim: string | null, text: string])[];
}

export const RECORDINGS: readonly Recording[] = [
  {
    profile: 'honeywell/voyager',
    via: 'hidPos',
    origin: 'composed',
    note: 'two captured reports of a Voyager 1602g, end of a REVINF answer (python_hon_usbhid README), then a GS1 QR composed as in the HHP guide p. 1-11',
    hex: [
      `02095d5830756d3a204e2f410d0a${'00'.repeat(47)}3f0000`,
      `02085d5a36524556494e46062e${'00'.repeat(48)}360000`,
      `02155d5133303130393532313233343534333231333231413142${'00'.repeat(35)}730000`,
    ].join(' '),
    scans: [[']Q3', '010952123454321321A1B']],
  },
  {
    profile: 'honeywell/voyager',
    via: 'serial',
    origin: 'composed',
    note: 'EAN-13 with AIM identifier and CR',
    hex: '5d4530 39353231323334353433323133 0d',
    scans: [[']E0', '9521234543213']],
  },
  {
    profile: 'zebra/serial-cr',
    via: 'serial',
    origin: 'composed',
    note: 'two GS1 DataMatrix scans, the second cut by the driver in the middle of its separator',
    hex: '5d6432303130393532313233343534333231333231410d 5d643230313039353231323334353433323133313042 1d 3231430d',
    scans: [
      [']d2', '010952123454321321A'],
      [']d2', '010952123454321310B\u001d21C'],
    ],
  },
  {
    profile: 'generic/tcp-stx-etx',
    via: 'tcp',
    origin: 'composed',
    note: 'STX AIM data ETX, then data without an AIM identifier',
    hex: '025d4530 3935323132333435343332313303 0d0a 02425a433a554e444f03',
    scans: [
      [']E0', '9521234543213'],
      [null, 'BZC:UNDO'],
    ],
  },
  {
    profile: 'generic/line',
    via: 'serial',
    origin: 'composed',
    note: 'CR, LF and CR LF from three devices on one line',
    hex: '39363338353037340d 39363338353037340a 39363338353037340d0a',
    scans: [
      [null, '96385074'],
      [null, '96385074'],
      [null, '96385074'],
    ],
  },
];
