// What colours look like: the theme of the page, what the program changed of it, and enough contrast
// to read.

import type { Palette, Rgb } from "../core/snapshot.ts";
import { Attr, type Color, DEFAULT_COLOR, type Pen, RGB } from "../core/style.ts";

export interface Theme {
  readonly foreground: Rgb;
  readonly background: Rgb;
  readonly cursor: Rgb;
  /** The sixteen ANSI colours. */
  readonly ansi: readonly Rgb[];
  /** Ratio of luminances between text and what is behind it, at least. */
  readonly contrast: number;
}

export const DARK: Theme = {
  foreground: 0xd8dee6,
  background: 0x12161c,
  cursor: 0x7fd1b9,
  ansi: [
    0x1f2630, 0xf2777a, 0x8fc98b, 0xe6c07b, 0x6cb2f2, 0xc792ea, 0x5ccfd0, 0xc5cdd8, 0x5d6a7c,
    0xff9a9d, 0xb3e6af, 0xffdb9e, 0x9bcdff, 0xdfb8ff, 0x8eeaea, 0xffffff,
  ],
  contrast: 4.5,
};

export const LIGHT: Theme = {
  foreground: 0x22272e,
  background: 0xfbfbfa,
  cursor: 0x0f7b6c,
  ansi: [
    0x22272e, 0xb3261e, 0x1e7b34, 0x8a6100, 0x1259b8, 0x8035ad, 0x0b7285, 0x6b7480, 0x59626e,
    0xc9372c, 0x2a8f45, 0x9b7000, 0x1f6fd6, 0x9745c9, 0x0e8a9e, 0x41484f,
  ],
  contrast: 4.5,
};

/** Steps of one channel in the cube of 216 colours. */
const CUBE = [0, 95, 135, 175, 215, 255] as const;

/** What one pen looks like on one screen. */
export interface Look {
  readonly foreground: Rgb;
  /** `null`: that of the screen. */
  readonly background: Rgb | null;
  readonly underline: Rgb | null;
}

/** The colours of one screen. */
export class Colors {
  readonly foreground: Rgb;
  readonly background: Rgb;
  readonly cursor: Rgb;
  readonly #theme: Theme;
  readonly #changed: ReadonlyMap<number, Rgb>;

  /** `reverse`: the whole screen is in reverse video. */
  constructor(theme: Theme, palette: Palette, reverse: boolean) {
    const [foreground, background] = [
      palette.foreground ?? theme.foreground,
      palette.background ?? theme.background,
    ];
    this.foreground = reverse ? background : foreground;
    this.background = reverse ? foreground : background;
    this.cursor = palette.cursor ?? theme.cursor;
    this.#theme = theme;
    this.#changed = new Map(palette.indexed);
  }

  indexed(index: number): Rgb {
    const changed = this.#changed.get(index) ?? this.#theme.ansi[index];
    if (changed !== undefined) return changed;
    if (index >= 232) {
      const grey = 8 + 10 * (index - 232);
      return (grey << 16) | (grey << 8) | grey;
    }
    const place = index - 16;
    const channel = (n: number) => CUBE[n % 6] ?? 0;
    return (
      (channel(Math.floor(place / 36)) << 16) |
      (channel(Math.floor(place / 6)) << 8) |
      channel(place)
    );
  }

  look(pen: Pen): Look {
    const inverse = (pen.attrs & Attr.Inverse) !== 0;
    const own = this.#color(pen.fg, this.foreground);
    const behind = this.#color(pen.bg, this.background);
    const background = inverse ? own : behind;
    let foreground = inverse ? behind : own;
    if ((pen.attrs & Attr.Dim) !== 0) foreground = mix(foreground, background, 0.4);
    foreground = readable(foreground, background, this.#theme.contrast);
    const plain = !inverse && pen.bg === DEFAULT_COLOR;
    const underline =
      pen.underlineColor === DEFAULT_COLOR ? null : this.#color(pen.underlineColor, 0);
    return { foreground, background: plain ? null : background, underline };
  }

  #color(color: Color, standard: Rgb): Rgb {
    if (color === DEFAULT_COLOR) return standard;
    return color < RGB ? this.indexed(color) : color - RGB;
  }
}

export function css(color: Rgb): string {
  return `#${color.toString(16).padStart(6, "0")}`;
}

/** From `a` the part `part` of the way to `b`. */
function mix(a: Rgb, b: Rgb, part: number): Rgb {
  let mixed = 0;
  for (const shift of [16, 8, 0]) {
    const [from, to] = [(a >> shift) & 0xff, (b >> shift) & 0xff];
    mixed |= Math.round(from + (to - from) * part) << shift;
  }
  return mixed;
}

/** The light of a channel of 8 bits. */
const LINEAR = Float64Array.from({ length: 256 }, (_, value) => {
  const channel = value / 255;
  return channel <= 0.04045 ? channel / 12.92 : ((channel + 0.055) / 1.055) ** 2.4;
});

/** Relative luminance as WCAG defines it. */
function luminance(color: Rgb): number {
  const linear = (shift: number) => LINEAR[(color >> shift) & 0xff] ?? 0;
  return 0.2126 * linear(16) + 0.7152 * linear(8) + 0.0722 * linear(0);
}

/** Ratio of luminances, 1 to 21. */
export function contrast(a: Rgb, b: Rgb): number {
  const [x, y] = [luminance(a) + 0.05, luminance(b) + 0.05];
  return Math.max(x, y) / Math.min(x, y);
}

/** The colour, moved towards black or white as far as it takes to be read. Text in exactly the colour
 * of its background is meant not to be seen. */
export function readable(color: Rgb, background: Rgb, ratio: number): Rgb {
  if (color === background || contrast(color, background) >= ratio) return color;
  const end = contrast(0xffffff, background) > contrast(0, background) ? 0xffffff : 0;
  for (let part = 0.1; part < 1; part += 0.1) {
    const moved = mix(color, end, part);
    if (contrast(moved, background) >= ratio) return moved;
  }
  return end;
}
