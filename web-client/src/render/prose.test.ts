import { expect, test } from "vitest";

import { type Row, RowBuilder, rowText } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { PLAIN } from "../core/style.ts";
import { MOST, Prose } from "./prose.ts";

function row(text: string, wrapped = false): Row {
  const builder = new RowBuilder();
  builder.simple(text, PLAIN);
  return builder.finish(wrapped);
}

const LINES = Array.from({ length: 20_000 }, (_, n) => row(`line ${n}`));

/** A screen whose first row is line `top`. */
function screen(top: number, rows: readonly Row[], changes: Partial<Snapshot> = {}): Snapshot {
  const size = { cols: 80, rows: rows.length };
  return { book: "Main", top, sealed: top, first: 0, floor: 0, size, rows, ...changes } as Snapshot;
}

function texts(prose: Prose): string[] {
  return prose.paragraphs.map(({ rows }) => rows.map(rowText).join(""));
}

/** Brings what is asked for. */
function bring(prose: Prose, way: "older" | "newer"): void {
  const wanted = prose[way];
  if (wanted !== null) prose.came(wanted.from, LINES.slice(wanted.from, wanted.end));
}

test("soft wraps are joined, blank ends dropped, and a paragraph is named after its first line", () => {
  const prose = new Prose(screen(7, [row("a long ", true), row("line"), row("$ "), row("")]));
  expect(texts(prose)).toEqual(["a long line", "$"]);
  expect(prose.paragraphs.map(({ line }) => line)).toEqual([7, 9]);
});

test("what did not change is the same object, also when it leaves the screen", () => {
  const prose = new Prose(screen(3, LINES.slice(3, 6)));
  const [, second, third] = prose.paragraphs;
  prose.changed(screen(5, [...LINES.slice(5, 7), row("$ ")]));
  prose.came(3, LINES.slice(3, 5));
  expect(texts(prose)).toEqual(["line 3", "line 4", "line 5", "line 6", "$"]);
  expect(prose.paragraphs[1]).not.toBe(second);
  expect(prose.paragraphs[2]).toBe(third);
  const before = prose.paragraphs;
  prose.changed(screen(5, [row("line 5"), row("other"), row("$ ")]));
  expect(prose.paragraphs.map((paragraph, n) => paragraph === before[n])).toEqual([
    true,
    true,
    true,
    false,
    true,
  ]);
});

test("history is asked for from its end, until there is no more or no more room", () => {
  const few = new Prose(screen(500, LINES.slice(500, 510)));
  expect(few.older).toEqual({ from: 100, end: 500 });
  bring(few, "older");
  expect(few.older).toEqual({ from: 0, end: 100 });
  bring(few, "older");
  expect([few.older, few.newer, texts(few).length]).toEqual([null, null, 510]);

  const many = new Prose(screen(10_000, LINES.slice(10_000, 10_010)));
  for (let n = 0; n < 20; n += 1) bring(many, "older");
  expect([many.older, many.full, texts(many).length]).toEqual([null, true, MOST + 10]);
  many.changed(screen(10_100, LINES.slice(10_100, 10_110)));
  expect(many.gap).toBe(100);
  bring(many, "newer");
  expect([many.gap, texts(many).length, texts(many)[0]]).toEqual([0, MOST + 10, "line 5100"]);
});

test("another book, rows that are pulled back and another width mix nothing", () => {
  const prose = new Prose(screen(100, LINES.slice(100, 103)));
  bring(prose, "older");
  // The screen grew: what came last from it is there again.
  prose.changed(screen(98, LINES.slice(98, 103), { sealed: 90 }));
  expect(texts(prose)).toEqual(
    LINES.slice(0, 103)
      .filter((_, n) => n < 90 || n >= 98)
      .map(rowText),
  );
  expect(prose.newer).toEqual({ from: 90, end: 98 });
  bring(prose, "newer");
  expect(texts(prose)).toEqual(LINES.slice(0, 103).map(rowText));
  prose.changed(screen(98, [row("vim")], { book: "Alternate" }));
  expect(texts(prose)).toEqual(["vim"]);
  // What was asked for before does not belong here any more.
  prose.came(0, LINES.slice(0, 90));
  expect(texts(prose)).toEqual(["vim"]);
});
