// Finds and reads firmware-profiles/<vendor>/<model>.json.

import { readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { DriverError } from '../errors.ts';
import { type Profile, profileSchema } from './profile.ts';

const PROFILE_NAME = /^[a-z0-9][a-z0-9-]*\/[a-z0-9][a-z0-9-]*$/;
const PROFILE_BYTES_MAX = 256 * 1_024;
const PARENTS_MAX = 5;

/** The folder with the profiles that ship with this package. */
export function profilesFolder(): string {
  // The same file runs from the sources and from dist/, one level deeper.
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let count = 0; count < PARENTS_MAX; count++) {
    const candidate = join(folder, 'firmware-profiles');
    if (statSync(candidate, { throwIfNoEntry: false })?.isDirectory()) return candidate;
    folder = dirname(folder);
  }
  throw new DriverError({
    code: 'PROFILE_NOT_FOUND',
    message: 'The folder firmware-profiles is missing from the installation; install the package again.',
  });
}

/**
 * Reads a profile by its name, `<vendor>/<model>`. Errors: PROFILE_NOT_FOUND, PROFILE_INVALID (the message names the
 * file and the first misfits).
 */
export function loadProfile(name: string, folder: string = profilesFolder()): Profile {
  const path = join(folder, `${name}.json`);
  const size = PROFILE_NAME.test(name) ? statSync(path, { throwIfNoEntry: false })?.size : undefined;
  if (size === undefined) {
    throw new DriverError({
      code: 'PROFILE_NOT_FOUND',
      message: `No scanner profile "${name}" in ${folder}; profiles are named <vendor>/<model>, for example generic/line.`,
      context: { name, folder },
    });
  }
  if (size > PROFILE_BYTES_MAX) throw invalid(path, `it is larger than ${PROFILE_BYTES_MAX} bytes`);
  let json: unknown;
  try {
    json = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw invalid(path, 'it is not JSON', cause);
  }
  const parsed = profileSchema.safeParse(json);
  if (!parsed.success) throw invalid(path, z.prettifyError(parsed.error).slice(0, 500));
  return parsed.data;
}

function invalid(path: string, why: string, cause?: unknown): DriverError {
  return new DriverError({
    code: 'PROFILE_INVALID',
    message: `Scanner profile ${path} cannot be used: ${why}. Compare it with firmware-profiles/profile.schema.json.`,
    context: { path },
    cause,
  });
}
