import { expect, test } from "vitest";

import { ago, endOf, words } from "./words.ts";

test.each([
  ["make all", ["make", "all"]],
  ['sh -c "echo \\"a b\\""', ["sh", "-c", 'echo "a b"']],
  ["echo 'it is' a\\ b", ["echo", "it is", "a b"]],
  ["a'b'\"c\"", ["abc"]],
  ["  ", []],
])("%s is cut to %j", (line, expected) => {
  expect(words(line)).toEqual(expected);
});

test.each([
  [900, "1 s"],
  [61_000, "1 min"],
  [7_200_000, "2 h"],
  [200_000_000, "2 d"],
])("%d ms are %s", (ms, expected) => {
  expect(ago(ms)).toBe(expected);
});

test("how a session ended", () => {
  expect(endOf({ type: "Code", code: 0 })).toBe("ended");
  expect(endOf({ type: "Code", code: 3 })).toBe("ended with code 3");
  expect(endOf({ type: "Signal", signal: 9 })).toBe("ended by signal 9");
});
