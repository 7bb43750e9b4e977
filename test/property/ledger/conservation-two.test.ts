import { it } from 'vitest';
import { conserve } from './conserve.ts';

it('I1 to I11: another 5,000 random histories of all operations create, lose and use twice nothing', () => {
  conserve(5_000);
}, 400_000);
