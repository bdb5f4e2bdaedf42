// Box-drawing, block and powerline characters as rectangles and triangles that fill their cells, so
// that they join without gaps in any font. What is not here is left to the font.

/** A filled part of a cell, each number from 0 to 1 of its width or height. */
export interface Shape {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** `Full`, or cut along a diagonal, named after the corner that is filled. */
  readonly fill: "Full" | "TopLeft" | "TopRight" | "BottomLeft" | "BottomRight";
  readonly alpha: number;
}

/** Lines from the middle of the cell to its sides. */
export interface Lines {
  /** 0 none, 1 light, 2 heavy, 3 double. */
  readonly up: number;
  readonly right: number;
  readonly down: number;
  readonly left: number;
}

/** A line that is broken into equal dashes. */
export interface Dashes {
  readonly count: number;
  readonly upright: boolean;
  /** 1 light, 2 heavy. */
  readonly weight: number;
}

/** A rounded corner between two sides. */
export interface Arc {
  readonly right: boolean;
  readonly down: boolean;
}

export type Glyph =
  | { readonly lines: Lines }
  | { readonly shapes: readonly Shape[] }
  | { readonly dashes: Dashes }
  | { readonly arc: Arc }
  /** Lines from corner to corner, named after where they end on the right. */
  | { readonly diagonals: readonly ("Up" | "Down")[] }
  /** Two lines that meet in the middle of this side. */
  | { readonly chevron: "Right" | "Left" };

/** Weights of U+2500 to U+257F as up, right, down, left; `....`: not made of such lines. */
const BOX =
  "0101 0202 1010 2020 .... .... .... .... .... .... .... .... 0110 0210 0120 0220 " +
  "0011 0012 0021 0022 1100 1200 2100 2200 1001 1002 2001 2002 1110 1210 2110 1120 " +
  "2120 2210 1220 2220 1011 1012 2011 1021 2021 2012 1022 2022 0111 0112 0211 0212 " +
  "0121 0122 0221 0222 1101 1102 1201 1202 2101 2102 2201 2202 1111 1112 1211 1212 " +
  "2111 1121 2121 2112 2211 1122 1221 2212 1222 2122 2221 2222 .... .... .... .... " +
  "0303 3030 0310 0130 0330 0013 0031 0033 1300 3100 3300 1003 3001 3003 1310 3130 " +
  "3330 1013 3031 3033 0313 0131 0333 1303 3101 3303 1313 3131 3333 .... .... .... " +
  ".... .... .... .... 0001 1000 0100 0010 0002 2000 0200 0020 0201 1020 0102 2010";

const FULL = { fill: "Full", alpha: 1 } as const;

/** U+2580 to U+259F: halves, eighths, shades and quadrants. */
function block(code: number): readonly Shape[] {
  const rect = (x: number, y: number, width: number, height: number, alpha = 1): Shape => ({
    ...FULL,
    x,
    y,
    width,
    height,
    alpha,
  });
  if (code === 0x2580) return [rect(0, 0, 1, 0.5)];
  if (code <= 0x2588) {
    const eighths = (code - 0x2580) / 8;
    return [rect(0, 1 - eighths, 1, eighths)];
  }
  if (code <= 0x258f) return [rect(0, 0, (0x2590 - code) / 8, 1)];
  if (code === 0x2590) return [rect(0.5, 0, 0.5, 1)];
  if (code <= 0x2593) return [rect(0, 0, 1, 1, (code - 0x2590) / 4)];
  if (code === 0x2594) return [rect(0, 0, 1, 1 / 8)];
  if (code === 0x2595) return [rect(7 / 8, 0, 1 / 8, 1)];
  // Quadrants as bits: upper left, upper right, lower left, lower right.
  const quadrants = [4, 8, 1, 13, 9, 7, 11, 2, 6, 14][code - 0x2596] ?? 0;
  const places = [
    [1, 0, 0],
    [2, 0.5, 0],
    [4, 0, 0.5],
    [8, 0.5, 0.5],
  ] as const;
  return places.filter(([bit]) => (quadrants & bit) !== 0).map(([, x, y]) => rect(x, y, 0.5, 0.5));
}

/** The powerline arrows: solid ones, and thin ones. */
function powerline(code: number): Glyph {
  const half = (y: number, fill: Shape["fill"]): Shape => ({
    x: 0,
    y,
    width: 1,
    height: 0.5,
    fill,
    alpha: 1,
  });
  if (code === 0xe0b0) return { shapes: [half(0, "BottomLeft"), half(0.5, "TopLeft")] };
  if (code === 0xe0b2) return { shapes: [half(0, "BottomRight"), half(0.5, "TopRight")] };
  return { chevron: code === 0xe0b1 ? "Right" : "Left" };
}

const cache = new Map<string, Glyph | null>();

/** `null`: the font draws it. */
export function glyphOf(char: string): Glyph | null {
  const code = char.codePointAt(0) ?? 0;
  if (code < 0x2500 || (code > 0x259f && (code < 0xe0b0 || code > 0xe0b3))) return null;
  const known = cache.get(char);
  if (known !== undefined) return known;
  const glyph = make(code);
  cache.set(char, glyph);
  return glyph;
}

function make(code: number): Glyph | null {
  if (code > 0x259f) return powerline(code);
  if (code >= 0x2580) return { shapes: block(code) };
  const at = 5 * (code - 0x2500);
  const weights = BOX.slice(at, at + 4);
  if (weights === "....") return special(code);
  const [up = 0, right = 0, down = 0, left = 0] = [...weights].map(Number);
  return { lines: { up, right, down, left } };
}

/** Dashed lines, rounded corners and diagonals. */
function special(code: number): Glyph | null {
  if (code >= 0x256d && code <= 0x2570) {
    return { arc: { right: code === 0x256d || code === 0x2570, down: code <= 0x256e } };
  }
  if (code === 0x2571) return { diagonals: ["Up"] };
  if (code === 0x2572) return { diagonals: ["Down"] };
  if (code === 0x2573) return { diagonals: ["Up", "Down"] };
  const count = code >= 0x254c ? 2 : code >= 0x2508 ? 4 : 3;
  return { dashes: { count, upright: (code & 2) !== 0, weight: 1 + (code & 1) } };
}

/** Whether neighbours of this glyph look as one that is as wide as all of them. */
export function tiles(glyph: Glyph): boolean {
  if ("shapes" in glyph) {
    return glyph.shapes.every(({ x, width, fill }) => x === 0 && width === 1 && fill === "Full");
  }
  if (!("lines" in glyph)) return false;
  const { up, right, down, left } = glyph.lines;
  return up === 0 && down === 0 && left === right;
}

/** A rectangle in pixels of its cell. */
export interface Rect {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The rectangles of lines in a cell of this size; `light` is the width of a light line. */
export function rects(lines: Lines, width: number, height: number, light: number): Rect[] {
  const [midX, midY] = [Math.round((width - light) / 2), Math.round((height - light) / 2)];
  const across = strokes(Math.max(lines.left, lines.right), midY, light);
  const along = strokes(Math.max(lines.up, lines.down), midX, light);
  // A line reaches over the whole width of those that it meets, so that corners are closed.
  const [startX, endX] = extent(along, midX, light);
  const [startY, endY] = extent(across, midY, light);
  const all: Rect[] = [];
  for (const [y, thick] of strokes(lines.left, midY, light)) {
    all.push({ x: 0, y, width: endX, height: thick });
  }
  for (const [y, thick] of strokes(lines.right, midY, light)) {
    all.push({ x: startX, y, width: width - startX, height: thick });
  }
  for (const [x, thick] of strokes(lines.up, midX, light)) {
    all.push({ x, y: 0, width: thick, height: endY });
  }
  for (const [x, thick] of strokes(lines.down, midX, light)) {
    all.push({ x, y: startY, width: thick, height: height - startY });
  }
  return all;
}

/** The dashes in a cell of this size, with half a gap at each end, so that cells join evenly. */
export function dashRects(
  { count, upright, weight }: Dashes,
  width: number,
  height: number,
  light: number,
): Rect[] {
  const [along, across] = upright ? [height, width] : [width, height];
  const [[start, thick] = [0, light]] = strokes(weight, Math.round((across - light) / 2), light);
  const step = along / count;
  const gap = Math.min(step / 2, Math.max(light, step / 4));
  return Array.from({ length: count }, (_, n) => {
    const [from, length] = [n * step + gap / 2, step - gap];
    return upright
      ? { x: start, y: from, width: thick, height: length }
      : { x: from, y: start, width: length, height: thick };
  });
}

/** The quarter of the cell that a rounded corner bends in, and the line that goes on from it. */
export function arcRects(
  { right, down }: Arc,
  width: number,
  height: number,
  light: number,
): { readonly bend: Rect; readonly line: Rect } {
  const [midX, midY] = [Math.round((width - light) / 2), Math.round((height - light) / 2)];
  const across = right ? width - midX : midX + light;
  // As high as it is wide, so that it is a circle.
  const along = Math.min(across, down ? height - midY : midY + light);
  const y = down ? midY : midY + light - along;
  const line = down
    ? { x: midX, y: midY + along, width: light, height: height - midY - along }
    : { x: midX, y: 0, width: light, height: y };
  return { bend: { x: right ? midX : 0, y, width: across, height: along }, line };
}

/** Where a line of this weight lies across, and how thick it is. */
function strokes(weight: number, middle: number, light: number): [number, number][] {
  if (weight === 0) return [];
  if (weight === 1) return [[middle, light]];
  if (weight === 2) return [[middle - light, 3 * light]];
  return [
    [middle - light, light],
    [middle + light, light],
  ];
}

function extent(
  strokes: readonly [number, number][],
  middle: number,
  light: number,
): [number, number] {
  if (strokes.length === 0) return [middle, middle + light];
  return [
    Math.min(...strokes.map(([start]) => start)),
    Math.max(...strokes.map(([start, thick]) => start + thick)),
  ];
}
