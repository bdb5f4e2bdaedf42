// A row as elements: text and boxes whose widths are those that the keeper stated.

import { type Row, type Run, sameRun } from "../core/row.ts";
import { Attr, DEFAULT_COLOR, type Pen, PLAIN, sameLink, samePen } from "../core/style.ts";
import { type Colors, css } from "./colors.ts";
import type { Font } from "./font.ts";
import { arcRects, dashRects, type Glyph, type Rect, rects, type Shape } from "./glyphs.ts";
import { type Piece, pieces } from "./pieces.ts";

const SOLID = "linear-gradient(currentColor,currentColor)";
/** What a link may lead to; others stay text. */
const SAFE = /^(https?|mailto):/i;
const UNDERLINES = ["", "solid", "double", "wavy", "dotted", "dashed"] as const;

const ASCII = /^[ -~]+$/;
/** Cells of a run that may flow: browsers keep places in 64ths of a pixel, so what 200 columns round
 * away in runs of so many cells stays below half a pixel. */
const FLOWING = 8;

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

  /**
   * Makes `element` show `row`; `before`, if any, is the row that this painter made it show. Elements
   * of runs stay where they can, since a new colour then needs no new layout.
   */
  fill(element: HTMLElement, row: Row, before: Row | null): void {
    const [only] = row.runs;
    if (only === undefined || (row.runs.length === 1 && this.#isBare(only))) {
      setText(element, only?.text ?? "");
    } else if (before === null || element.firstElementChild === null) {
      element.replaceChildren(...row.runs.map((run) => this.#run(run)));
    } else {
      this.#refill(element, row.runs, before.runs);
    }
  }

  #refill(element: HTMLElement, runs: readonly Run[], before: readonly Run[]): void {
    let child = element.firstElementChild as HTMLElement | null;
    for (const [n, run] of runs.entries()) {
      const old = before[n];
      if (child === null || old === undefined) {
        element.append(this.#run(run));
        continue;
      }
      const next = child.nextElementSibling as HTMLElement | null;
      if (!this.#refit(child, run, old)) child.replaceWith(this.#run(run));
      child = next;
    }
    while (element.childElementCount > runs.length) element.lastElementChild?.remove();
  }

  /** Makes the element of `old` that of `run`; `false`: it takes another element. */
  #refit(element: HTMLElement, run: Run, old: Run): boolean {
    if (sameRun(run, old)) return true;
    const text = element.firstChild;
    const isText = text instanceof Text && text.nextSibling === null;
    if (!isText || !this.#isText(run) || !sameLink(run.pen.link, old.pen.link)) return false;
    setText(element, run.text);
    const { fg, bg } = run.pen;
    const stays = run.cells === old.cells && flows(run) === flows(old);
    if (!stays || !samePen(run.pen, { ...old.pen, fg, bg })) {
      this.#dress(element, run);
    } else if (fg !== old.pen.fg || bg !== old.pen.bg) {
      paintColors(element, run, this.colors);
    }
    return true;
  }

  #isBare(run: Run): boolean {
    return samePen(run.pen, PLAIN) && this.#isText(run);
  }

  /** The whole run keeps to its cells as text. */
  #isText(run: Run): boolean {
    return this.#cut(run).every(({ type }) => type === "Text");
  }

  #dress(element: HTMLElement, run: Run): void {
    dress(element, run.pen, this.colors, `width:${run.cells * this.font.cell.width}px`);
    element.classList.toggle("flows", flows(run));
  }

  #cut(run: Run): readonly Piece[] {
    const bold = (run.pen.attrs & Attr.Bold) !== 0;
    return pieces(run, (char) => this.font.fits(char, bold));
  }

  #run(run: Run): HTMLElement {
    const element = elementOf(run.pen.link);
    // On a screen that changes, links would be stops of the Tab key that come and go.
    if (element.localName === "a") element.tabIndex = -1;
    this.#dress(element, run);
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
    const element = elementOf(run.pen.link);
    dress(element, run.pen, colors);
    element.textContent = run.text;
    return element;
  });
}

/** The look of `pen`, in one declaration: pages with many colours set thousands of them a second. */
function dress(element: HTMLElement, pen: Pen, colors: Colors, ...more: readonly string[]): void {
  const is = (attr: number) => (pen.attrs & attr) !== 0;
  const { color, background, underline } = inkOf(pen, colors);
  const style = [...more, `color:${color}`, `background-color:${background}`];
  if (is(Attr.Bold)) style.push("font-weight:bold");
  if (is(Attr.Italic)) style.push("font-style:italic");
  const lines: string[] = [];
  if (pen.underline > 0) lines.push("underline");
  if (is(Attr.Strike)) lines.push("line-through");
  if (is(Attr.Overline)) lines.push("overline");
  if (lines.length > 0) {
    lines.push(UNDERLINES[pen.underline] || "solid");
    lines.push(underline);
    style.push(`text-decoration:${lines.join(" ")}`);
  }
  element.style.cssText = style.join(";");
  const name = is(Attr.Blink) ? "run blink" : "run";
  if (element.className !== name) element.className = name;
}

/** A new colour alone: browsers read single colours faster than declarations. */
function paintColors({ style }: HTMLElement, run: Run, colors: Colors): void {
  const { color, background } = inkOf(run.pen, colors);
  style.color = color;
  if (!flows(run)) style.backgroundColor = background;
}

/**
 * Text that needs no box to keep to its cells: it has nothing behind it and is in the font that the
 * cell is made of. Such text takes a third less of the time that it takes to paint.
 */
function flows({ text, cells, cluster, pen }: Run): boolean {
  const { bg, attrs, link } = pen;
  const plain = bg === DEFAULT_COLOR && (attrs & ~Attr.Dim) === 0 && link === null;
  return plain && !cluster && cells >= FLOWING && ASCII.test(text);
}

function inkOf(pen: Pen, colors: Colors): Record<"color" | "background" | "underline", string> {
  const { foreground, background, underline } = colors.look(pen);
  return {
    color: (pen.attrs & Attr.Conceal) !== 0 ? "transparent" : css(foreground),
    background: background === null ? "transparent" : css(background),
    underline: underline === null ? "currentcolor" : css(underline),
  };
}

/** The one text in `element`. */
function setText(element: HTMLElement, text: string): void {
  const node = element.firstChild;
  if (!(node instanceof Text) || node.nextSibling !== null) element.textContent = text;
  else if (node.data !== text) node.data = text;
}

function elementOf(link: Pen["link"]): HTMLElement {
  if (link === null || !mayOpen(link.uri)) return document.createElement("span");
  const anchor = document.createElement("a");
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
  const diagonal = (end: "Up" | "Down", y: number, height: number): Fill => {
    const toward = end === "Up" ? "to bottom right" : "to top right";
    const half = `${light / 2}px`;
    const stripe = `transparent calc(50% - ${half}),currentColor calc(50% - ${half}) calc(50% + ${half}),transparent calc(50% + ${half})`;
    return { x: 0, y, width, height, image: `linear-gradient(${toward},${stripe})` };
  };
  if ("diagonals" in glyph) return glyph.diagonals.map((end) => diagonal(end, 0, height));
  const [upper, lower] =
    glyph.chevron === "Right" ? (["Down", "Up"] as const) : (["Up", "Down"] as const);
  return [diagonal(upper, 0, height / 2), diagonal(lower, height / 2, height / 2)];
}

function fill(shape: Shape, width: number, height: number): Fill {
  const ink = shade(shape.alpha);
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

function shade(alpha: number): string {
  return alpha === 1
    ? "currentColor"
    : `color-mix(in srgb, currentColor ${100 * alpha}%, transparent)`;
}
