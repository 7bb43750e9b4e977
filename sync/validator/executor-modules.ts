/** Where the program of an executor is: built in, or a file `<name>-<version>.mjs` that the operator has put into the folder for them. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';

const builtIn: ReadonlyMap<string, string> = new Map([
  ['settle@1', new URL(`../../ledger/contracts/native/settle${extension}`, import.meta.url).href],
]);

/** Finds executors by name and version, anew each time: a file that is put there while the validator runs is found. */
export class ExecutorModules {
  readonly #folder: string | null;

  /** `folder`: where further executors are, if anywhere. */
  constructor(folder: string | null) {
    this.#folder = folder;
  }

  /** URL of the module; null where this validator does not have it. Names are of the ledger's format, which holds no path. */
  find(executor: string, version: number): string | null {
    const known = builtIn.get(`${executor}@${version}`);
    if (known !== undefined || this.#folder === null) return known ?? null;
    const file = join(this.#folder, `${executor}-${version}.mjs`);
    return existsSync(file) ? pathToFileURL(file).href : null;
  }
}
