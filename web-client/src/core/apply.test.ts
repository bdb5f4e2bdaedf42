// The law of an update, against a model in which a row is a list of cells.

import fc from "fast-check";
import { expect, test } from "vitest";

import { ApplyError, apply } from "./apply.ts";
import { RowBuilder } from "./row.ts";
import { type Pen, PLAIN, samePen } from "./style.ts";
import { snapshot, update } from "./testing/states.ts";
import type { Segment, Update } from "./update.ts";

const PENS: readonly Pen[] = [
  PLAIN,
  { ...PLAIN, fg: 1, attrs: 1 },
  { ...PLAIN, bg: 256 + 0x102030, link: { id: "a", uri: "https://example.org/" } },
];

/** A cluster is one cell with its width. */
interface Cell {
  readonly text: string;
  readonly width: 1 | 2;
  readonly pen: Pen;
}

const cell: fc.Arbitrary<Cell> = fc.record({
  text: fc.constantFrom("a", " ", "ö", "𝒳"),
  width: fc.constant(1 as const),
  pen: fc.constantFrom(...PENS),
});
const wideCell: fc.Arbitrary<Cell> = fc.record({
  text: fc.constantFrom("漢", "👩‍💻"),
  width: fc.constant(2 as const),
  pen: fc.constantFrom(...PENS),
});
const cells = fc.array(fc.oneof({ weight: 4, arbitrary: cell }, wideCell), { maxLength: 12 });

function build(cells: readonly Cell[], wrapped = false): RowBuilder {
  const builder = new RowBuilder();
  for (const { text, width, pen } of cells) {
    if (width === 2) builder.cluster(text, 2, pen);
    else builder.simple(text, pen);
  }
  if (wrapped) builder.mark({ column: 0, kind: "Prompt", code: null });
  return builder;
}

function width(cells: readonly Cell[]): number {
  return cells.reduce((sum, cell) => sum + cell.width, 0);
}

test("a patch replaces exactly its cells", () => {
  fc.assert(
    fc.property(cells, cells, fc.nat(12), fc.boolean(), (oldCells, patchCells, at, tail) => {
      const old = build(oldCells, true).finish(true);
      const head = oldCells.slice(0, at);
      const end = width(head) + width(patchCells);
      // The cells behind the patch, if its end is a border of a cell.
      let after = oldCells.length;
      for (let n = 0; n <= oldCells.length; n += 1) {
        if (width(oldCells.slice(0, n)) === end) after = n;
      }
      const fits = width(oldCells.slice(0, after)) === end;
      const patch = build(patchCells).finishPatch(false);
      const segment: Segment = { type: "Patch", from: 0, column: width(head), tail, patch };
      if (patchCells.length + head.length === 0 && !tail) return;
      if (tail && !fits) {
        expect(() => apply(snapshot([old]), update([segment]))).toThrow(ApplyError);
        return;
      }
      const rest = tail ? oldCells.slice(after) : [];
      const [row] = apply(snapshot([old]), update([segment])).rows;
      expect(row).toEqual(build([...head, ...patchCells, ...rest]).finish(false));
    }),
    { numRuns: 2000 },
  );
});

test("copied rows stay the same values", () => {
  const rows = ["a", "b", "c"].map((text) => build([{ text, width: 1, pen: PLAIN }]).finish(false));
  const fresh = build([{ text: "d", width: 1, pen: PLAIN }]).finish(false);
  const copy: Segment = { type: "Copy", from: 1, count: 2 };
  const next = apply(snapshot(rows), update([copy, { type: "Rows", rows: [fresh] }], { top: 5 }));
  expect(next.rows).toEqual([rows[1], rows[2], fresh]);
  expect(next.rows[0]).toBe(rows[1]);
  expect([next.top, next.revision.counter, next.title]).toEqual([5, 2, ""]);
});

test("canonical form: neighbours of one pen are one run", () => {
  fc.assert(
    fc.property(cells, (cells) => {
      const { runs } = build(cells).finish(false);
      runs.forEach((run, n) => {
        const next = runs[n + 1];
        const merges = next && !run.cluster && !next.cluster && samePen(run.pen, next.pen);
        expect(merges ?? false).toBe(false);
      });
    }),
  );
});

const one = build([{ text: "a", width: 1, pen: PLAIN }]).finish(false);
const wide = build([{ text: "漢", width: 2, pen: PLAIN }]).finish(false);

test.each<[string, Update]>([
  [
    "another base",
    update([{ type: "Copy", from: 0, count: 2 }], { from: { incarnation: 2n, counter: 1 } }),
  ],
  ["rows that are not there", update([{ type: "Copy", from: 1, count: 2 }])],
  ["too few rows", update([{ type: "Copy", from: 0, count: 1 }])],
  [
    "too many rows",
    update([
      { type: "Copy", from: 0, count: 2 },
      { type: "Rows", rows: [one] },
    ]),
  ],
  [
    "a segment without rows",
    update([
      { type: "Copy", from: 0, count: 2 },
      { type: "Rows", rows: [] },
    ]),
  ],
  ["an unknown segment", update([{ type: "Unknown" }])],
  ["a patch of no row", update([{ type: "Patch", from: 9, column: 0, tail: false, patch: one }])],
  [
    "a patch outside its row",
    update([{ type: "Patch", from: 0, column: 9, tail: false, patch: one }]),
  ],
  [
    "a patch inside a cluster",
    update([{ type: "Patch", from: 1, column: 1, tail: false, patch: one }]),
  ],
  [
    "a cursor outside",
    update([{ type: "Copy", from: 0, count: 2 }], { size: { cols: 0, rows: 2 } }),
  ],
  [
    "a row that is too wide",
    update([{ type: "Copy", from: 0, count: 2 }], { size: { cols: 1, rows: 2 } }),
  ],
])("%s does not fit", (_, broken) => {
  expect(() => apply(snapshot([one, wide]), broken)).toThrow(ApplyError);
});
