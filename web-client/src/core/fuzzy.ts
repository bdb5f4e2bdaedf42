// Finding a name by some of its letters.

/** How well `pattern` fits `text`; `null`: its letters do not occur in this order. */
export function score(pattern: string, text: string): number | null {
  const [wanted, given] = [pattern.toLowerCase(), text.toLowerCase()];
  // Letters that stand together are what was meant.
  let [at, points] = [-1, given.includes(wanted) ? 10 : 0];
  for (const letter of wanted) {
    if (letter === " ") continue;
    const next = given.indexOf(letter, at + 1);
    if (next < 0) return null;
    const begins = next === 0 || /[\s/_.-]/.test(given[next - 1] ?? "");
    points += (next === at + 1 ? 3 : 0) + (begins ? 2 : 0) - Math.min(3, next - at - 1) / 10;
    at = next;
  }
  return points - text.length / 100;
}

/** The items that fit, the best first; all of them in their order for an empty pattern. */
export function find<T>(pattern: string, items: readonly T[], text: (item: T) => string): T[] {
  if (pattern.trim() === "") return [...items];
  const scored = items.flatMap((item) => {
    const points = score(pattern, text(item));
    return points === null ? [] : [{ item, points }];
  });
  return scored.sort((a, b) => b.points - a.points).map(({ item }) => item);
}
