import fc from "fast-check";
import { expect, test } from "vitest";

import { PLAIN } from "../core/style.ts";
import { pieces } from "./pieces.ts";

const simple = (text: string) => ({ text, cells: [...text].length, cluster: false, pen: PLAIN });
const everything = () => true;

test.each([
  ["ascii", ["Text:ascii"]],
  ["a──b", ["Text:a", "Glyph:──", "Text:b"]],
  ["││", ["Glyph:│", "Glyph:│"]],
  ["é❯", ["Text:é❯"]],
  ["aسلb", ["Text:a", "Box:س", "Box:ل", "Text:b"]],
])("%s is cut to %j", (text, expected) => {
  const cut = pieces(simple(text), everything);
  expect(cut.map((piece) => `${piece.type}:${piece.text}`)).toEqual(expected);
});

test("what does not fit its cell gets a box", () => {
  const cut = pieces(simple("a❯b"), (char) => char !== "❯");
  expect(cut.map(({ type }) => type)).toEqual(["Text", "Box", "Text"]);
});

test("a cluster keeps the width that the keeper stated", () => {
  const cut = pieces({ text: "👩‍💻", cells: 2, cluster: true, pen: PLAIN }, everything);
  expect(cut).toEqual([{ type: "Box", text: "👩‍💻", cells: 2 }]);
});

test("pieces are the run: its text and its cells", () => {
  const text = fc.string({
    unit: fc.constantFrom("a", "─", "█", "│", "漢", "𝒳", "س", "~"),
    minLength: 1,
  });
  fc.assert(
    fc.property(text, fc.func(fc.boolean()), (text, fits) => {
      const run = simple(text);
      const cut = pieces(run, fits);
      expect(cut.map((piece) => piece.text).join("")).toBe(text);
      expect(cut.reduce((sum, { cells }) => sum + cells, 0)).toBe(run.cells);
    }),
  );
});
