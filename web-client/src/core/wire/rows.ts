// Rows on the wire. Within one list of rows a *pen* is written out where it first occurs and named
// by its number after that. What is built is canonical, or it is an error.

import { MAX_CLUSTER, MAX_LINK_ID, MAX_MARKS, MAX_SIDE, MAX_URI } from "../limits.ts";
import { BLANK, type Mark, type MarkKind, type Row, RowBuilder } from "../row.ts";
import { type Color, DEFAULT_COLOR, type Link, type Pen, PLAIN, RGB } from "../style.ts";
import { byteLength, charCount, endOf, hasControls } from "../text.ts";
import { array, bool, i32, type Reader, u8, u32, WireError } from "./codec.ts";

/** How a row's trailing blanks are taken: as canonical form has it, or as they are. */
export type Finish = "Row" | "Patch";

const MARKS: readonly MarkKind[] = ["Prompt", "Command", "Output", "End"];
/** Underline styles that this build knows. */
const UNDERLINES = 6;
const MAX_COLOR = RGB + 0xff_ffff;

/** The pens and links read so far in one list of rows. */
export class PenReader {
  #pens: Pen[] = [PLAIN];
  #links: Link[] = [];
  #builder = new RowBuilder();

  rows(raw: unknown): Row[] {
    return array(raw).map((row) => this.row(row, "Row"));
  }

  row(raw: unknown, finish: Finish): Row {
    if (raw === "") return BLANK;
    const wrapped = typeof raw === "string" ? this.#plain(raw) : this.#long(array(raw));
    return finish === "Row" ? this.#builder.finish(wrapped) : this.#builder.finishPatch(wrapped);
  }

  #plain(text: string): boolean {
    checkText(text);
    checkWidth(charCount(text));
    this.#builder.simple(text, PLAIN);
    return false;
  }

  /** `[text, [pen, span, ..], wrapped, marks]`; says whether the row is wrapped. */
  #long(fields: readonly unknown[]): boolean {
    const [text, spans] = fields;
    if (typeof text !== "string") throw new WireError("a row without text");
    checkText(text);
    this.#runs(text, array(spans));
    if (fields.length > 3) this.#marks(array(fields[3]));
    return fields.length > 2 && bool.read(fields[2]);
  }

  #runs(text: string, numbers: readonly unknown[]): void {
    let [at, cells] = [0, 0];
    for (let n = 0; n + 1 < numbers.length; n += 2) {
      const pen = this.#pen(numbers[n]);
      const { chars, width } = readSpan(numbers[n + 1]);
      const rest = text.slice(at);
      const end = endOf(rest, chars);
      if (end < 0) throw new WireError("a run is longer than its row's text");
      cells += width ?? chars;
      checkWidth(cells);
      const own = rest.slice(0, end);
      if (width === null) this.#builder.simple(own, pen);
      else this.#builder.cluster(checkCluster(own), width, pen);
      at += end;
    }
    if (at !== text.length || numbers.length % 2 !== 0) {
      throw new WireError("runs do not cover the text of their row");
    }
  }

  #pen(raw: unknown): Pen {
    if (!Array.isArray(raw)) {
      const pen = this.#pens[u32.read(raw)];
      if (pen === undefined) throw new WireError("an unknown pen");
      return pen;
    }
    const [fg, bg, attrs, underline, underlineColor, link] = raw;
    const style = underline === undefined ? 0 : u32.read(underline);
    const pen: Pen = {
      fg: readColor(fg),
      bg: readColor(bg),
      attrs: attrs === undefined ? 0 : u8.read(attrs),
      underline: style < UNDERLINES ? style : 1,
      underlineColor: readColor(underlineColor),
      link: this.#link(link),
    };
    this.#pens.push(pen);
    return pen;
  }

  #link(raw: unknown): Link | null {
    if (raw === undefined || raw === null) return null;
    if (!Array.isArray(raw)) {
      const link = this.#links[u32.read(raw)];
      if (link === undefined) throw new WireError("an unknown link");
      return link;
    }
    const link = { id: linkText(raw[0], MAX_LINK_ID), uri: linkText(raw[1], MAX_URI) };
    this.#links.push(link);
    return link;
  }

  #marks(raw: readonly unknown[]): void {
    if (raw.length > MAX_MARKS) throw new WireError("too many marks");
    for (const item of raw) {
      const mark = readMark(array(item));
      if (mark !== null) this.#builder.mark(mark);
    }
  }
}

/** A list of rows with pens of its own. */
export const rows: Reader<readonly Row[]> = { read: (raw) => new PenReader().rows(raw) };

function checkText(text: string): void {
  if (hasControls(text)) throw new WireError("a row or link holds control characters");
}

function checkWidth(cells: number): void {
  if (cells > MAX_SIDE) throw new WireError("a row is wider than any screen");
}

function checkCluster(text: string): string {
  if (byteLength(text) > MAX_CLUSTER) throw new WireError("a cluster is longer than its bound");
  return text;
}

function linkText(raw: unknown, max: number): string {
  if (typeof raw !== "string" || byteLength(raw) > max) {
    throw new WireError("a link is too long, or no text");
  }
  checkText(raw);
  return raw;
}

/** `width` is `null` for characters of one column each, else that of one cluster. */
function readSpan(raw: unknown): { chars: number; width: 1 | 2 | null } {
  const number = i32.read(raw);
  if (number === 0) throw new WireError("an empty run");
  if (number > 0) return { chars: number, width: null };
  const last = -number - 1;
  return { chars: Math.floor(last / 2) + 1, width: last % 2 === 0 ? 1 : 2 };
}

function readColor(raw: unknown): Color {
  if (raw === undefined || raw === null) return DEFAULT_COLOR;
  const color = u32.read(raw);
  if (color > MAX_COLOR) throw new WireError("a colour above 24 bits");
  return color;
}

/** `null` for a kind of mark that this build does not know. */
function readMark(fields: readonly unknown[]): Mark | null {
  const column = u32.read(fields[0]);
  if (column > MAX_SIDE) throw new WireError("a mark outside any screen");
  const kind = MARKS[u32.read(fields[1])];
  if (kind === undefined) return null;
  const code = kind === "End" ? (fields[2] ?? null) : null;
  return { column, kind, code: code === null ? null : i32.read(code) };
}
