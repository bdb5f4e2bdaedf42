// How a cell looks: colours, attributes, links. All values, no tables.

/** -1 the default, 0 to 255 an index, from 256 on `256 + 0xRRGGBB`. */
export type Color = number;
export const DEFAULT_COLOR: Color = -1;
/** Colour numbers from here on are `RGB + 0xRRGGBB`. */
export const RGB = 256;

/** Bits of `Pen.attrs`. */
export const Attr = {
  Bold: 1,
  Dim: 2,
  Italic: 4,
  Blink: 8,
  Inverse: 16,
  Conceal: 32,
  Strike: 64,
  Overline: 128,
} as const;

/** An OSC 8 hyperlink. Cells with equal `id` and `uri` are one link. */
export interface Link {
  readonly id: string;
  readonly uri: string;
}

/** Style and link of a run. */
export interface Pen {
  readonly fg: Color;
  readonly bg: Color;
  readonly attrs: number;
  /** 0 none, 1 single, 2 double, 3 curly, 4 dotted, 5 dashed. */
  readonly underline: number;
  readonly underlineColor: Color;
  readonly link: Link | null;
}

export const PLAIN: Pen = {
  fg: DEFAULT_COLOR,
  bg: DEFAULT_COLOR,
  attrs: 0,
  underline: 0,
  underlineColor: DEFAULT_COLOR,
  link: null,
};

export function sameLink(a: Link | null, b: Link | null): boolean {
  return a === b || (a !== null && b !== null && a.id === b.id && a.uri === b.uri);
}

export function samePen(a: Pen, b: Pen): boolean {
  if (a === b) return true;
  const style =
    a.fg === b.fg &&
    a.bg === b.bg &&
    a.attrs === b.attrs &&
    a.underline === b.underline &&
    a.underlineColor === b.underlineColor;
  return style && sameLink(a.link, b.link);
}
