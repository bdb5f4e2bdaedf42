import { expect, test } from "vitest";

import { find } from "./fuzzy.ts";

const NAMES = ["claude-api", "build", "api", "a long pipeline", "vim notes"];

test.each([
  ["", NAMES],
  ["api", ["api", "claude-api", "a long pipeline"]],
  ["vn", ["vim notes"]],
  ["BU", ["build"]],
  ["zz", []],
])("%s finds %j", (pattern, expected) => {
  expect(find(pattern, NAMES, (name) => name)).toEqual(expected);
});
