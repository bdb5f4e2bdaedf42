// How a run is cut for the page: text that keeps to its cells by itself, and what needs a box of its
// own. Pure.

import type { Run } from "../core/row.ts";
import { type Glyph, glyphOf, tiles } from "./glyphs.ts";

export type Piece =
  /** Every character takes exactly one cell in the font. */
  | { readonly type: "Text"; readonly text: string; readonly cells: number }
  /** Drawn by us, over all of its cells. */
  | { readonly type: "Glyph"; readonly text: string; readonly cells: number; readonly glyph: Glyph }
  /** One cluster in a box of its own, whatever width the font gives it. */
  | { readonly type: "Box"; readonly text: string; readonly cells: number };

const ASCII = /^[ -~]*$/;

/** `fits`: whether a character takes exactly one cell in the font. */
export function pieces(run: Run, fits: (char: string) => boolean): readonly Piece[] {
  if (run.cluster) return [{ type: "Box", text: run.text, cells: run.cells }];
  if (ASCII.test(run.text)) return [{ type: "Text", text: run.text, cells: run.cells }];
  const all: Piece[] = [];
  for (const char of run.text) {
    const piece = pieceOf(char, fits);
    const last = all.at(-1);
    if (last !== undefined && joins(last, piece)) {
      all[all.length - 1] = { ...last, text: last.text + char, cells: last.cells + 1 };
    } else {
      all.push(piece);
    }
  }
  return all;
}

function pieceOf(char: string, fits: (char: string) => boolean): Piece {
  const glyph = glyphOf(char);
  if (glyph !== null) return { type: "Glyph", text: char, cells: 1, glyph };
  return { type: standsAlone(char) && fits(char) ? "Text" : "Box", text: char, cells: 1 };
}

/** Characters of these scripts change their form and width by what stands beside them. */
const SHAPED =
  /[\p{Script=Arabic}\p{Script=Syriac}\p{Script=Nko}\p{Script=Mongolian}\u0900-\u0dff]/u;

function standsAlone(char: string): boolean {
  return !SHAPED.test(char);
}

function joins(last: Piece, next: Piece): boolean {
  if (last.type === "Glyph") {
    return next.type === "Glyph" && next.glyph === last.glyph && tiles(last.glyph);
  }
  return last.type === "Text" && next.type === "Text";
}
