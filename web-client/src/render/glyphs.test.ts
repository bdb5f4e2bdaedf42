import { expect, test } from "vitest";

import { arcRects, dashRects, glyphOf, type Lines, rects, tiles } from "./glyphs.ts";

function lines(char: string): Lines {
  const glyph = glyphOf(char);
  if (glyph === null || !("lines" in glyph)) throw new Error(`${char} is not made of lines`);
  return glyph.lines;
}

test.each([
  ["─", { up: 0, right: 1, down: 0, left: 1 }],
  ["┃", { up: 2, right: 0, down: 2, left: 0 }],
  ["┌", { up: 0, right: 1, down: 1, left: 0 }],
  ["┘", { up: 1, right: 0, down: 0, left: 1 }],
  ["┼", { up: 1, right: 1, down: 1, left: 1 }],
  ["╋", { up: 2, right: 2, down: 2, left: 2 }],
  ["╔", { up: 0, right: 3, down: 3, left: 0 }],
  ["╝", { up: 3, right: 0, down: 0, left: 3 }],
  ["╬", { up: 3, right: 3, down: 3, left: 3 }],
  ["├", { up: 1, right: 1, down: 1, left: 0 }],
  ["┯", { up: 0, right: 2, down: 1, left: 2 }],
  ["╼", { up: 0, right: 2, down: 0, left: 1 }],
])("%s is %j", (char, expected) => {
  expect(lines(char)).toEqual(expected);
});

test("every line reaches the border of its cell, in each size", () => {
  for (let code = 0x2500; code < 0x2580; code += 1) {
    const glyph = glyphOf(String.fromCodePoint(code));
    if (glyph === null || !("lines" in glyph)) continue;
    for (const [width, height, light] of [
      [7.8, 19, 1],
      [3.1, 8, 1],
      [24, 50, 3],
    ] as const) {
      const all = rects(glyph.lines, width, height, light);
      const reaches = {
        left: all.some(({ x }) => x === 0),
        right: all.some((rect) => Math.abs(rect.x + rect.width - width) < 1e-9),
        up: all.some(({ y }) => y === 0),
        down: all.some((rect) => Math.abs(rect.y + rect.height - height) < 1e-9),
      };
      for (const side of ["left", "right", "up", "down"] as const) {
        if (glyph.lines[side] > 0) expect(reaches[side], `${code.toString(16)} ${side}`).toBe(true);
      }
    }
  }
});

test("what joins with itself is drawn as one", () => {
  const joins = (char: string) => {
    const glyph = glyphOf(char);
    return glyph !== null && tiles(glyph);
  };
  expect([..."─━═█▁▀░"].filter((char) => !joins(char))).toEqual([]);
  expect([..."│┼▌▐╱"].filter(joins)).toEqual([]);
});

test.each(["a", "漢", "❯"])("%s is left to the font", (char) => {
  expect(glyphOf(char)).toBeNull();
});

test.each([
  ["┄", { count: 3, upright: false, weight: 1 }],
  ["┅", { count: 3, upright: false, weight: 2 }],
  ["┆", { count: 3, upright: true, weight: 1 }],
  ["┇", { count: 3, upright: true, weight: 2 }],
  ["┈", { count: 4, upright: false, weight: 1 }],
  ["┋", { count: 4, upright: true, weight: 2 }],
  ["╌", { count: 2, upright: false, weight: 1 }],
  ["╏", { count: 2, upright: true, weight: 2 }],
])("%s is %j", (char, dashes) => {
  expect(glyphOf(char)).toEqual({ dashes });
  const all = dashRects(dashes, 8, 18, 1);
  expect(all.length).toBe(dashes.count);
  const [along, side] = dashes.upright ? (["y", "height"] as const) : (["x", "width"] as const);
  const first = all[0]?.[along] ?? 0;
  const last = all.at(-1);
  const end = (dashes.upright ? 18 : 8) - (last?.[along] ?? 0) - (last?.[side] ?? 0);
  // Two cells side by side have the same gap between them as within.
  expect(first).toBeCloseTo(end);
  const gap = (all[1]?.[along] ?? 0) - first - (all[0]?.[side] ?? 0);
  expect(first + end).toBeCloseTo(gap);
});

test.each(["╭", "╮", "╯", "╰"])("%s meets the lines beside it, in each size", (char) => {
  const glyph = glyphOf(char);
  if (glyph === null || !("arc" in glyph)) throw new Error("no rounded corner");
  const { right, down } = glyph.arc;
  for (const [width, height, light] of [
    [7.8, 19, 1],
    [3.1, 8, 1],
    [24, 50, 3],
  ] as const) {
    const straight: Lines = { up: 1, right: 1, down: 1, left: 1 };
    const [left] = rects({ ...straight, up: 0, down: 0 }, width, height, light);
    const [up] = rects({ ...straight, left: 0, right: 0 }, width, height, light);
    const { bend, line } = arcRects(glyph.arc, width, height, light);
    expect(right ? bend.x + bend.width : bend.x).toBeCloseTo(right ? width : 0);
    expect(down ? bend.y : bend.y + bend.height).toBeCloseTo((left?.y ?? 0) + (down ? 0 : light));
    expect(line.x).toBe(up?.x);
    expect(down ? line.y + line.height : line.y).toBeCloseTo(down ? height : 0);
    expect(down ? line.y : line.y + line.height).toBeCloseTo(down ? bend.y + bend.height : bend.y);
  }
});

test("diagonals are named after where they end", () => {
  expect(glyphOf("╱")).toEqual({ diagonals: ["Up"] });
  expect(glyphOf("╲")).toEqual({ diagonals: ["Down"] });
  expect(glyphOf("╳")).toEqual({ diagonals: ["Up", "Down"] });
});

test("the arrows of prompts are drawn, the thin ones too; others are the font's", () => {
  const kinds = ["\ue0b0", "\ue0b1", "\ue0b2", "\ue0b3"].map((char) => glyphOf(char) ?? {});
  expect(kinds.map((glyph) => Object.keys(glyph)[0])).toEqual([
    "shapes",
    "chevron",
    "shapes",
    "chevron",
  ]);
  expect([glyphOf("\ue0b1"), glyphOf("\ue0b3")]).toEqual([
    { chevron: "Right" },
    { chevron: "Left" },
  ]);
  expect([glyphOf("\ue0a0"), glyphOf("\ue0b4")]).toEqual([null, null]);
});

test("quadrants fill what they are named after", () => {
  const parts = (char: string) => {
    const glyph = glyphOf(char);
    return glyph !== null && "shapes" in glyph
      ? glyph.shapes.map(({ x, y }) => `${x},${y}`).sort()
      : [];
  };
  expect(parts("▖")).toEqual(["0,0.5"]);
  expect(parts("▗")).toEqual(["0.5,0.5"]);
  expect(parts("▘")).toEqual(["0,0"]);
  expect(parts("▝")).toEqual(["0.5,0"]);
  expect(parts("▚")).toEqual(["0,0", "0.5,0.5"]);
  expect(parts("▞")).toEqual(["0,0.5", "0.5,0"]);
  expect(parts("▙")).toEqual(["0,0", "0,0.5", "0.5,0.5"]);
  expect(parts("▛")).toEqual(["0,0", "0,0.5", "0.5,0"]);
  expect(parts("▜")).toEqual(["0,0", "0.5,0", "0.5,0.5"]);
  expect(parts("▟")).toEqual(["0,0.5", "0.5,0", "0.5,0.5"]);
});
