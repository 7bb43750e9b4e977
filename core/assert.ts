/** Assertions for programmer errors. On in production; only a process entry point catches them. */

/** A broken promise inside our own code, never a fault of the input or of the machine. */
export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

/** Throws `AssertionFailure` unless the condition holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** The arm of a switch that the types rule out; throws `AssertionFailure` when reached. */
export function unreachable(value: never): never {
  throw new AssertionFailure(`unreachable value ${JSON.stringify(value) ?? String(value)}`);
}
