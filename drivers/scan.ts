// One scan as the drivers deliver it.

/**
 * What one trigger pull (or one picture) gave. `data`: without framing and AIM identifier, UTF-8 as far as the profile
 * knows the device's encoding. `aim`: three characters such as `]d2`, null when the device sent none. `device`: the
 * scanner's name. `monotonicMs`: Clock.monotonicMs() when the scan was complete.
 */
export interface Scan {
  readonly data: Uint8Array;
  readonly aim: string | null;
  readonly device: string;
  readonly monotonicMs: number;
}
