// A row as elements: text and boxes whose widths are those that the keeper stated.

import type { Row, Run } from "../core/row.ts";
import { Attr, type Pen, PLAIN, samePen } from "../core/style.ts";
import { type Colors, css } from "./colors.ts";
import type { Font } from "./font.ts";
import { arcRects, dashRects, type Glyph, type Rect, rects, type Shape } from "./glyphs.ts";
import { type Piece, pieces } from "./pieces.ts";

const SOLID = "linear-gradient(currentColor,currentColor)";
/** What a link may lead to; others stay text. */
const SAFE = /^(https?|mailto):/i;
const UNDERLINES = ["", "solid", "double", "wavy", "dotted", "dashed"] as const;

/** Whether a link leads somewhere that may be opened. */
export function mayOpen(uri: string): boolean {
  return SAFE.test(uri);
}

/** Paints rows in one font and with the colours of one screen. */
export class RowPainter {
  constructor(
    readonly font: Font,
    readonly colors: Colors,
  ) {}

  /** Replaces what `element` shows. */
  fill(element: HTMLElement, row: Row): void {
    const [only] = row.runs;
    if (row.runs.length === 0) {
      element.textContent = "";
    } else if (row.runs.length === 1 && only !== undefined && this.#isBare(only)) {
      element.textContent = only.text;
    } else {
      element.replaceChildren(...row.runs.map((run) => this.#run(run)));
    }
  }

  #isBare(run: Run): boolean {
    return samePen(run.pen, PLAIN) && this.#cut(run).every(({ type }) => type === "Text");
  }

  #cut(run: Run): readonly Piece[] {
    const bold = (run.pen.attrs & Attr.Bold) !== 0;
    return pieces(run, (char) => this.font.fits(char, bold));
  }

  #run(run: Run): HTMLElement {
    const element = runElement(run.pen, this.colors);
    // On a screen that changes, links would be stops of the Tab key that come and go.
    if (element.localName === "a") element.tabIndex = -1;
    element.style.width = `${run.cells * this.font.cell.width}px`;
    const cut = this.#cut(run);
    const [only] = cut;
    if (cut.length === 1 && only?.type === "Text") element.textContent = only.text;
    else element.append(...cut.map((piece) => this.#piece(piece, run.pen)));
    return element;
  }

  #piece(piece: Piece, pen: Pen): Node {
    if (piece.type === "Text") return document.createTextNode(piece.text);
    const { width } = this.font.cell;
    const box = document.createElement("span");
    box.className = piece.type === "Glyph" ? "glyph" : "box";
    box.textContent = piece.text;
    box.style.width = `${piece.cells * width}px`;
    if (piece.type === "Glyph") {
      this.#draw(box, piece.glyph, piece.cells);
    } else {
      const natural = this.font.natural(piece.text, (pen.attrs & Attr.Bold) !== 0);
      const room = piece.cells * width;
      if (natural > room) box.style.fontSize = `${(this.font.size * room) / natural}px`;
    }
    return box;
  }

  /** A glyph that joins with itself is drawn once over all its cells. */
  #draw(box: HTMLElement, glyph: Glyph, cells: number): void {
    const [width, height] = [cells * this.font.cell.width, this.font.cell.height];
    const fills = fillsOf(glyph, width, height, this.font.line);
    box.style.backgroundImage = fills.map(({ image }) => image).join(",");
    box.style.backgroundPosition = fills.map(({ x, y }) => `${x}px ${y}px`).join(",");
    box.style.backgroundSize = fills.map((fill) => `${fill.width}px ${fill.height}px`).join(",");
  }
}

/** Text that has left its cells: runs one after the other, with their looks. */
export function proseOf(runs: readonly Run[], colors: Colors): Node[] {
  return runs.map((run) => {
    if (samePen(run.pen, PLAIN)) return document.createTextNode(run.text);
    const element = runElement(run.pen, colors);
    element.textContent = run.text;
    return element;
  });
}

function dress(element: HTMLElement, pen: Pen, colors: Colors): void {
  const { style } = element;
  const look = colors.look(pen);
  style.color = css(look.foreground);
  if (look.background !== null) style.backgroundColor = css(look.background);
  if ((pen.attrs & Attr.Bold) !== 0) style.fontWeight = "bold";
  if ((pen.attrs & Attr.Italic) !== 0) style.fontStyle = "italic";
  if ((pen.attrs & Attr.Conceal) !== 0) style.color = "transparent";
  if ((pen.attrs & Attr.Blink) !== 0) element.classList.add("blink");
  const lines: string[] = [];
  if (pen.underline > 0) lines.push("underline");
  if ((pen.attrs & Attr.Strike) !== 0) lines.push("line-through");
  if ((pen.attrs & Attr.Overline) !== 0) lines.push("overline");
  if (lines.length === 0) return;
  style.textDecorationLine = lines.join(" ");
  style.textDecorationStyle = UNDERLINES[pen.underline] || "solid";
  if (look.underline !== null) style.textDecorationColor = css(look.underline);
}

function runElement(pen: Pen, colors: Colors): HTMLElement {
  const element = elementOf(pen.link);
  dress(element, pen, colors);
  return element;
}

function elementOf(link: Pen["link"]): HTMLElement {
  if (link === null || !mayOpen(link.uri)) {
    const run = document.createElement("span");
    run.className = "run";
    return run;
  }
  const anchor = document.createElement("a");
  anchor.className = "run";
  anchor.href = link.uri;
  anchor.title = link.uri;
  anchor.target = "_blank";
  anchor.rel = "noopener noreferrer";
  return anchor;
}

const CORNERS = {
  TopLeft: "to bottom right",
  TopRight: "to bottom left",
  BottomLeft: "to top right",
  BottomRight: "to top left",
} as const;

/** One background image of a glyph, in pixels. */
interface Fill extends Rect {
  readonly image: string;
}

/** `light` is the width of a light line. */
function fillsOf(glyph: Glyph, width: number, height: number, light: number): readonly Fill[] {
  const solid = (rect: Rect): Fill => ({ ...rect, image: SOLID });
  if ("lines" in glyph) return rects(glyph.lines, width, height, light).map(solid);
  if ("shapes" in glyph) return glyph.shapes.map((shape) => fill(shape, width, height));
  if ("dashes" in glyph) return dashRects(glyph.dashes, width, height, light).map(solid);
  if ("arc" in glyph) {
    const { bend, line } = arcRects(glyph.arc, width, height, light);
    const center = `${glyph.arc.right ? "right" : "left"} ${glyph.arc.down ? "bottom" : "top"}`;
    const [inner, outer] = [bend.height - light, bend.height];
    const ring = `transparent ${inner - 0.25}px,currentColor ${inner + 0.25}px ${outer - 0.25}px,transparent ${outer + 0.25}px`;
    return [solid(line), { ...bend, image: `radial-gradient(circle at ${center},${ring})` }];
  }
  const cell = { x: 0, y: 0, width, height };
  return glyph.diagonals.map((end) => {
    const toward = end === "Up" ? "to bottom right" : "to top right";
    const half = `${light / 2}px`;
    const stripe = `transparent calc(50% - ${half}),currentColor calc(50% - ${half}) calc(50% + ${half}),transparent calc(50% + ${half})`;
    return { ...cell, image: `linear-gradient(${toward},${stripe})` };
  });
}

function fill(shape: Shape, width: number, height: number): Fill {
  const ink = inkOf(shape.alpha);
  const corner = shape.fill === "Full" ? null : CORNERS[shape.fill];
  return {
    x: shape.x * width,
    y: shape.y * height,
    width: shape.width * width,
    height: shape.height * height,
    image:
      corner === null
        ? `linear-gradient(${ink},${ink})`
        : `linear-gradient(${corner},${ink} 50%,transparent 50%)`,
  };
}

function inkOf(alpha: number): string {
  return alpha === 1
    ? "currentColor"
    : `color-mix(in srgb, currentColor ${100 * alpha}%, transparent)`;
}
