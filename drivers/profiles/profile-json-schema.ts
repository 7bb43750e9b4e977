// The JSON Schema of profile files, generated from the zod schema. Run this file to write it anew:
// node --import tsx -C bizain-source drivers/profiles/profile-json-schema.ts

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { profilesFolder } from './load-profile.ts';
import { profileSchema } from './profile.ts';

/** The text of firmware-profiles/profile.schema.json. */
export function profileJsonSchema(): string {
  const schema = z.toJSONSchema(profileSchema, { io: 'input' });
  return `${JSON.stringify({ title: 'Scanner profile', ...schema }, null, 2)}\n`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  writeFileSync(join(profilesFolder(), 'profile.schema.json'), profileJsonSchema());
}
