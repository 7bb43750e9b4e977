// A folder as a scanner: pictures dropped into it are read as if held before a camera, then moved to `read/` or
// `unread/` beside them.

import { mkdir, readdir, readFile, rename, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { utf8 } from '#core/bytes';
import type { Timer } from '#core/clock';
import { type DecodedSymbol, PICTURE_BYTES_MAX } from '../camera/decoded-symbol.ts';
import { PictureDecoder } from '../camera/picture-decoder.ts';
import type { Scan } from '../scan.ts';
import { type DriverContext, ScanOutlet } from '../scan-outlet.ts';
import type { Scanner, ScannerFault, ScannerHealth } from '../scanner.ts';

const PICTURE_TYPES: ReadonlySet<string> = new Set(['.png', '.jpg', '.jpeg']);

/** Most files looked at in one round; the rest waits for the next. */
const FILES_A_ROUND_MAX = 16;

/** Most files remembered as refused or growing; beyond it the memory starts anew. */
const REMEMBERED_MAX = 1_000;

/** Which folder, and the pause between looks into it in milliseconds. */
export interface FolderChoice {
  readonly path: string;
  readonly pollMs: number;
}

/**
 * Watches a folder. A picture is read once its size has not changed between two looks, moved, and only then delivered:
 * a scan is never repeated because a file stayed behind.
 */
export class FolderScanner implements Scanner {
  readonly name: string;
  readonly #choice: FolderChoice;
  readonly #context: DriverContext;
  readonly #outlet: ScanOutlet;
  readonly #seen = new Map<string, string>();
  #decoder: PictureDecoder;
  #running = false;
  #timer: Timer | null = null;
  #round: Promise<void> = Promise.resolve();

  constructor(name: string, choice: FolderChoice, context: DriverContext) {
    this.name = name;
    this.#choice = choice;
    this.#context = context;
    this.#outlet = new ScanOutlet(name, context);
    this.#decoder = new PictureDecoder({ clock: context.clock });
  }

  async open(): Promise<void> {
    this.#running = true;
    this.#outlet.enter('waiting', this.#choice.path);
    this.#decoder = new PictureDecoder({ clock: this.#context.clock });
    this.#round = this.#look();
    await this.#round;
  }

  async close(): Promise<void> {
    this.#running = false;
    this.#outlet.enter('closed');
    this.#timer?.cancel();
    await this.#decoder.close();
    await this.#round;
  }

  onScan(listener: (scan: Scan) => void): void {
    this.#outlet.onScan(listener);
  }

  onFault(listener: (fault: ScannerFault) => void): void {
    this.#outlet.onFault(listener);
  }

  health(): ScannerHealth {
    return this.#outlet.health();
  }

  async #look(): Promise<void> {
    const state = this.#outlet.health().state;
    try {
      const settled = await this.#settledPictures();
      if (this.#running && state !== 'open') this.#outlet.enter('open');
      for (const file of settled) if (this.#running) await this.#read(file);
    } catch (error) {
      if (this.#running && state === 'open') this.#outlet.enter('waiting');
      if (state === 'open' || this.#outlet.health().faults === 0) {
        this.#outlet.fault('OPEN_FAILED', `Reading the folder ${this.#choice.path} failed: ${String(error)}`);
      }
    }
    if (!this.#running) return;
    this.#timer = this.#context.clock.setTimer(this.#choice.pollMs, () => {
      this.#round = this.#look();
    });
  }

  /** Pictures that did not change since the last look, in the order of their names. */
  async #settledPictures(): Promise<string[]> {
    const entries = await readdir(this.#choice.path, { withFileTypes: true });
    const names = entries
      .filter((entry) => entry.isFile() && PICTURE_TYPES.has(extname(entry.name).toLowerCase()))
      .map((entry) => entry.name)
      .sort()
      .slice(0, FILES_A_ROUND_MAX);
    if (this.#seen.size > REMEMBERED_MAX) this.#seen.clear();
    const settled: string[] = [];
    for (const name of names) {
      const info = await stat(join(this.#choice.path, name)).catch(() => null);
      if (info === null) continue;
      const mark = `${info.size} ${info.mtimeMs}`;
      if (this.#seen.get(name) === mark) settled.push(name);
      else if (this.#seen.get(name) !== `refused ${mark}`) this.#seen.set(name, mark);
    }
    return settled;
  }

  async #read(file: string): Promise<void> {
    const path = join(this.#choice.path, file);
    const mark = this.#seen.get(file);
    const { size } = await stat(path);
    const tooLarge = size > PICTURE_BYTES_MAX;
    const answer = tooLarge ? null : await this.#decoder.decode(await readFile(path));
    if (!this.#running) return;
    const symbols: readonly DecodedSymbol[] = answer?.ok ? answer.value : [];
    const moved = await this.#move(file, symbols.length > 0 ? 'read' : 'unread');
    if (!moved) {
      this.#seen.set(file, `refused ${mark}`);
      return;
    }
    this.#seen.delete(file);
    for (const symbol of symbols) this.#outlet.deliver(utf8(symbol.text), symbol.aim);
    if (symbols.length > 0) return;
    if (answer?.ok) this.#outlet.fault('NO_SYMBOL', `${file} shows no code that can be read; it is in unread/`);
    else this.#outlet.fault('PICTURE_REFUSED', `${file}: ${answer?.detail ?? `more than ${PICTURE_BYTES_MAX} bytes`}`);
  }

  /** Moves a picture beside its folder's others; false when it had to stay. */
  async #move(file: string, folder: 'read' | 'unread'): Promise<boolean> {
    const target = join(this.#choice.path, folder);
    try {
      await mkdir(target, { recursive: true });
      const taken = new Set(await readdir(target));
      let name = file;
      for (let count = 2; taken.has(name); count++) name = `${count}-${file}`;
      await rename(join(this.#choice.path, file), join(target, name));
      return true;
    } catch (error) {
      this.#outlet.fault(
        'PICTURE_REFUSED',
        `${file} could not be moved to ${folder}/, so it was not used: ${String(error)}`,
      );
      return false;
    }
  }
}
