/** What the exit code of every `bizain` command says. README.md of agent/ repeats it; scripts rely on it. */
export const exitCode = {
  /** Done; for a code: accepted. */
  ok: 0,
  /** The answer is no: a code is refused or needs a second look, the region refused an operation, a demo step failed. */
  no: 1,
  /** The command line or its input makes no sense. */
  usage: 2,
  /** Something could not be reached, read or written. */
  failed: 3,
  /** A fault of this program (an assertion); the message belongs in a report. */
  fault: 70,
} as const;
