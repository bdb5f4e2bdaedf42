import fc from "fast-check";
import { expect, test } from "vitest";

import { MAX_TEXT } from "../core/channel/limits.ts";
import { MAX_PASTE } from "../core/limits.ts";
import { byteLength } from "../core/text.ts";
import { doubt, excess, pieces } from "./paste.ts";

test.each([
  ["plain text", "git status\n\tdone\r\n", null],
  ["an escape", "\u001b[31m", /control characters/],
  ["C1", "\u009b", /control characters/],
  ["as much as one message holds", "x".repeat(MAX_TEXT), null],
  ["more", "x".repeat(MAX_TEXT + 1), /64 KiB.*2 pieces/],
])("%s", (_, text, expected) => {
  if (expected === null) expect(doubt(text)).toBeNull();
  else expect(doubt(text)).toMatch(expected);
});

test("what is more than a paste takes is refused in words", () => {
  expect(excess("x".repeat(MAX_PASTE))).toBeNull();
  expect(excess("x".repeat(MAX_PASTE + 1))).toMatch(/1025 KiB/);
});

test("pieces are the text, each within its bound", () => {
  fc.assert(
    fc.property(fc.constantFrom("a", "漢", "👩‍💻"), fc.nat(20_000), (unit, count) => {
      const all = pieces(unit.repeat(count));
      expect(all.join("")).toBe(unit.repeat(count));
      for (const piece of all) expect(byteLength(piece)).toBeLessThanOrEqual(MAX_TEXT);
    }),
    { numRuns: 20 },
  );
});
