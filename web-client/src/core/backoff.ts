// How long to wait before the next attempt to connect.

/** Milliseconds before the second attempt. */
const FIRST = 500;
/** Milliseconds between attempts at most. */
const LONGEST = 15_000;

/** After `failures` failed attempts; `random` in [0, 1) spreads those who lost the link together. */
export function backoff(failures: number, random: number): number {
  const full = Math.min(LONGEST, FIRST * 2 ** Math.max(0, failures - 1));
  return full / 2 + (full / 2) * random;
}
