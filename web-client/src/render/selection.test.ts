import { expect, test } from "vitest";

import { type MarkKind, type Row, RowBuilder } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { PLAIN } from "../core/style.ts";
import { columnOf, lastOutput, marksOf, outputOf, textBetween } from "./selection.ts";

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
  expect(outputOf([row("nothing marked")])).toBeNull();
});

/** What `lastOutput` says of a history of `rows` above a screen that shows the end of a command. */
async function outputIn(rows: readonly Row[], screen: readonly Row[]) {
  const snapshot = { book: "Main", first: 0, floor: 0, top: rows.length, rows: screen } as unknown;
  const asked: number[] = [];
  const fetch = async (_book: unknown, from: number, count: number) => {
    asked.push(count);
    return { from, rows: rows.slice(from, from + count) };
  };
  const output = await lastOutput(snapshot as Snapshot, fetch);
  return { output, asked };
}

test("long output is found from its beginning, a piece at a time", async () => {
  const line = row("line");
  const rows = [
    ...Array(500).fill(line),
    row("first", false, [0, "Output"]),
    ...Array(4_999).fill(line),
  ];
  const { output, asked } = await outputIn(rows, [row("$ ", false, [0, "End"])]);
  expect("text" in output && output.text.split("\n").length).toBe(5_000);
  expect("text" in output && output.text.startsWith("first\n")).toBe(true);
  expect(asked).toEqual([2_000, 2_000, 1_500]);
});

test("without marks, and where the output has no end, it says which", async () => {
  const line = row("line");
  const ended = [row("$ ", false, [0, "End"])];
  expect(await outputIn(Array(20_000).fill(line), [line])).toEqual({
    output: { why: "Unmarked" },
    asked: Array(5).fill(2_000),
  });
  expect((await outputIn(Array(150_000).fill(line), ended)).output).toEqual({ why: "TooLong" });
  expect((await outputIn(Array(3_000).fill(line), ended)).output).toEqual({ why: "Unmarked" });
});

test("a hit that wraps is marked in each of its rows", () => {
  const hit = { start: 5, column: 70, end: 6, endColumn: 4, line: "", before: 0, length: 0 };
  expect([...marksOf([hit], 80)]).toEqual([
    [5, [[70, 80]]],
    [6, [[0, 4]]],
  ]);
});
