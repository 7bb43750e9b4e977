/** The returned answer about input from outside: a value, or a reason out of a closed set. */

/** A value, or the reason (and an optional text for people) why there is none. */
export type Result<T, R extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly reason: R; readonly detail?: string };

/** The good answer. */
export function ok<T>(value: T): { readonly ok: true; readonly value: T } {
  return { ok: true, value };
}

/** The bad answer: `reason` is for programs, `detail` for people. */
export function bad<R extends string>(
  reason: R,
  detail?: string,
): { readonly ok: false; readonly reason: R; readonly detail?: string } {
  return detail === undefined ? { ok: false, reason } : { ok: false, reason, detail };
}

/** Reason and detail of a bad answer in one line. */
export function faultText({ reason, detail }: { readonly reason: string; readonly detail?: string }): string {
  return detail === undefined ? reason : `${reason}: ${detail}`;
}
