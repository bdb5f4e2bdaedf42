import fc from "fast-check";
import { expect, test } from "vitest";

import { byteLength } from "../core/text.ts";
import { doubt, LARGE, pieces } from "./paste.ts";

test.each([
  ["plain text", "git status\n\tdone\r\n", null],
  ["an escape", "\u001b[31m", /control characters/],
  ["C1", "\u009b", /control characters/],
  ["a lot", "x".repeat(LARGE + 1), /65 KiB.*2 pieces/],
])("%s", (_, text, expected) => {
  if (expected === null) expect(doubt(text)).toBeNull();
  else expect(doubt(text)).toMatch(expected);
});

test("pieces are the text, each within its bound", () => {
  fc.assert(
    fc.property(fc.constantFrom("a", "漢", "👩‍💻"), fc.nat(20_000), (unit, count) => {
      const all = pieces(unit.repeat(count));
      expect(all.join("")).toBe(unit.repeat(count));
      for (const piece of all) expect(byteLength(piece)).toBeLessThanOrEqual(48 << 10);
    }),
    { numRuns: 20 },
  );
});
