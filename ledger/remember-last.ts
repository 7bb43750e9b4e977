/** A pure function that keeps its last answer. */

/**
 * `make`, not run again for the argument that it was last run for. For names of shards and objects: rules ask for the same few
 * again and again, and a text that is at hand is found in a map faster than one made anew.
 */
export function rememberLast<K extends string | number, T>(make: (of: K) => T): (of: K) => T {
  let lastOf: K | undefined;
  let last: T | undefined;
  return (of) => {
    if (of !== lastOf) {
      last = make(of);
      lastOf = of;
    }
    return last as T;
  };
}
