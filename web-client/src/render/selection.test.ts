import { expect, test } from "vitest";

import { type MarkKind, type Row, RowBuilder } from "../core/row.ts";
import { PLAIN } from "../core/style.ts";
import { columnOf, marksOf, outputOf, textBetween } from "./selection.ts";

function row(text: string, wrapped = false, mark?: [number, MarkKind]): Row {
  const builder = new RowBuilder();
  for (const char of text) {
    if (char === "漢") builder.cluster(char, 2, PLAIN);
    else builder.simple(char, PLAIN);
  }
  if (mark) builder.mark({ column: mark[0], kind: mark[1], code: null });
  return builder.finish(wrapped);
}

test.each([
  [["hello world"], 6, 11, "world"],
  [["one", "two"], 1, 2, "ne\ntw"],
  [["a long ", "line"], 0, 4, "a long line", true],
  [["a漢b"], 0, 3, "a漢"],
  [["a", "", "b"], 0, 1, "a\n\nb"],
])("%j from %d to %d is %j", (texts, from, to, expected, wrapped = false) => {
  const rows = texts.map((text, n) => row(text, wrapped && n === 0));
  expect(textBetween(rows, from, to)).toBe(expected);
});

test("characters are counted in columns", () => {
  expect([0, 1, 2, 3].map((chars) => columnOf(row("a漢b"), chars))).toEqual([0, 1, 3, 4]);
});

test("the output of the last command that has ended", () => {
  const rows = [
    row("$ old", false, [0, "Prompt"]),
    row("old output", false, [0, "Output"]),
    row("$ make", false, [0, "End"]),
    row("first", false, [0, "Output"]),
    row("second"),
    row("$ ", false, [0, "End"]),
  ];
  expect(outputOf(rows)).toBe("first\nsecond");
  expect(outputOf([row("nothing marked")])).toBe("");
});

test("a hit that wraps is marked in each of its rows", () => {
  const hit = { start: 5, column: 70, end: 6, endColumn: 4, line: "", before: 0, length: 0 };
  expect([...marksOf([hit], 80)]).toEqual([
    [5, [[70, 80]]],
    [6, [[0, 4]]],
  ]);
});
