import fc from "fast-check";
import { expect, test } from "vitest";

import { type Extent, MAX_HEIGHT, windowAround, windowGrown } from "./ruler.ts";

const extent: fc.Arbitrary<Extent> = fc
  .tuple(fc.nat(1_000_000), fc.nat(3_000_000), fc.integer({ min: 1, max: 1000 }))
  .map(([begin, history, rows]) => ({ begin, top: begin + history, end: begin + history + rows }));

test("a window is within its bound, and shows the line it was made for", () => {
  fc.assert(
    fc.property(extent, fc.nat(), fc.integer({ min: 4, max: 60 }), (extent, at, height) => {
      const line = extent.begin + (at % (extent.end - extent.begin));
      const { base, end } = windowAround(extent, line, height);
      expect((end - base) * height).toBeLessThanOrEqual(MAX_HEIGHT);
      expect(base).toBeGreaterThanOrEqual(extent.begin);
      expect(end).toBeLessThanOrEqual(extent.end);
      expect(base <= line && line < end).toBe(true);
    }),
  );
});

test("new output at the end moves nothing that is seen", () => {
  const before = { begin: 0, top: 1000, end: 1040 };
  const window = windowAround(before, 500, 20);
  // A flood may bring more than a screen between two frames.
  for (const end of [1050, 9000]) {
    const after = { begin: 0, top: end - 40, end };
    expect(windowGrown(window, before.end, after, 20)).toEqual({ base: 0, end });
  }
});

test("a window is made anew where its first lines are gone, or it has grown too long", () => {
  expect(windowGrown({ base: 0, end: 100 }, 100, { begin: 10, top: 60, end: 100 }, 20)).toBeNull();
  const room = MAX_HEIGHT / 20;
  expect(
    windowGrown({ base: 0, end: room }, room, { begin: 0, top: room, end: room + 40 }, 20),
  ).toBeNull();
});

test("a window in the middle of a long history does not grow", () => {
  const window = windowAround({ begin: 0, top: 2_000_000, end: 2_000_040 }, 1_000_000, 20);
  const after = { begin: 0, top: 2_000_100, end: 2_000_140 };
  expect(windowGrown(window, 2_000_040, after, 20)).toEqual(window);
});
