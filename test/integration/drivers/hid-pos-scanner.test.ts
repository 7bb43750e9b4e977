import { expect, test } from 'vitest';
import { createScanner } from '#drivers/create-scanner';
import { scannerConfigSchema } from '#drivers/scanner-config';
import { ScannerProbe, testContext } from './scanner-probe.ts';

test('a HID POS scanner that is not plugged in is reported with its ids and what is wrong', async () => {
  const config = scannerConfigSchema.parse({ transport: 'hid-pos', vendorId: '0c2e', productId: 'ffff' });
  const probe = new ScannerProbe(createScanner(config, testContext));
  await probe.scanner.open();
  expect(probe.scanner.health().state).toBe('waiting');
  expect(probe.faults).toMatchObject([
    { reason: 'OPEN_FAILED', detail: 'No HID POS scanner 0c2e:ffff: it is not plugged in.' },
  ]);
  await probe.scanner.close();
});
