/** Things to undo, last first, each tried whatever the others do. */

/** See the file's head. */
export class Undo {
  private readonly steps: (() => Promise<void> | void)[] = [];

  /** Adds what is to be done first of all so far. */
  add(step: () => Promise<void> | void): void {
    this.steps.push(step);
  }

  /** Does all steps; a failure is told on standard error and the next one is tried. */
  async run(): Promise<void> {
    for (const step of this.steps.splice(0).reverse()) {
      try {
        await step();
      } catch (error) {
        process.stderr.write(`cleaning up: ${error instanceof Error ? error.message : String(error)}\n`);
      }
    }
  }
}
