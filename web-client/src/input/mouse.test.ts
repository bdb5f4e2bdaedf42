import { expect, test } from "vitest";

import { steps } from "./mouse.ts";

test.each([
  [10, 20, 0, 10],
  [45, 20, 2, 5],
  [-45, 20, -2, -5],
  [10_000, 20, 10, 0],
])("%d pixels in cells of %d are %d steps, and %d are left", (delta, height, count, rest) => {
  expect(steps(delta, height)).toEqual({ count, rest });
});
