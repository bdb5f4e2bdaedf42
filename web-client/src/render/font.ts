// The cell that a font makes, and which characters fit it by themselves.

/** No font is loaded: these are what systems have. */
export const FAMILY =
  'ui-monospace, "SF Mono", Menlo, "Cascadia Mono", Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace';
/** Pixels of deviation that nobody sees, even at the end of a long run. */
const TOLERANCE = 0.02;
/** Characters whose widths are remembered. */
const MAX_KNOWN = 8192;
/** Characters that programs for terminals like. */
const FAMILIAR = "…●✔✻⠋";
const SAMPLE = "0".repeat(100);

export interface Cell {
  readonly width: number;
  readonly height: number;
}

/** A font in one size. */
export class Font {
  readonly size: number;
  readonly cell: Cell;
  readonly #plain: CanvasRenderingContext2D | null;
  readonly #bold: CanvasRenderingContext2D | null;
  readonly #known = new Map<string, number>();

  /** `size` in pixels; `probe` is an element in this font, to be measured in. */
  constructor(size: number, probe: HTMLElement) {
    this.size = size;
    this.cell = { width: measure(probe, size), height: Math.round(size * 1.25) };
    this.#plain = ruler(`${size}px ${FAMILY}`);
    this.#bold = ruler(`bold ${size}px ${FAMILY}`);
    // The first measurement makes the browser look for its fonts: now, and not in a frame.
    for (const char of FAMILIAR) {
      this.natural(char, false);
      this.natural(char, true);
    }
  }

  /** Width of a light line in box drawings. */
  get line(): number {
    return Math.max(1, Math.round(this.size / 12));
  }

  /** Whether a character takes exactly one cell when it stands in text. */
  fits(char: string, bold: boolean): boolean {
    if (char >= " " && char <= "~") return true;
    return Math.abs(this.natural(char, bold) - this.cell.width) < TOLERANCE;
  }

  /** Width that the font gives a text, in pixels. */
  natural(text: string, bold: boolean): number {
    const key = bold ? `b${text}` : text;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    const width = (bold ? this.#bold : this.#plain)?.measureText(text).width ?? this.cell.width;
    this.#known.set(key, width);
    return width;
  }
}

function ruler(font: string): CanvasRenderingContext2D | null {
  const context = document.createElement("canvas").getContext("2d");
  if (context !== null) context.font = font;
  return context;
}

function measure(probe: HTMLElement, size: number): number {
  probe.style.fontSize = `${size}px`;
  probe.textContent = SAMPLE;
  const { width } = probe.getBoundingClientRect();
  probe.textContent = "";
  return width / SAMPLE.length;
}

/** The size, in tenths of pixels, in which `cols` columns take at most `width` pixels. */
export function sizeThatFits(cols: number, width: number, probe: HTMLElement): number {
  const perPixel = measure(probe, 100) / 100;
  let size = Math.floor((10 * width) / (cols * perPixel)) / 10;
  // Small sizes may be rounded up by the font.
  while (size > SMALLEST && measure(probe, size) * cols > width) size -= 0.1;
  return Math.max(SMALLEST, size);
}

/** Pixels of the smallest font. */
export const SMALLEST = 3;
/** Pixels of the largest font that the user can choose. */
export const LARGEST = 40;
