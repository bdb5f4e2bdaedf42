// A session's screen and history in one scroll area. Only changed rows are touched, once per animation
// frame, and what was shown is told after it has been painted. A new state is written in a task ahead of
// its frame: on a slow phone the two together would keep the page from everything else for too long.

import type { LineNo, Size } from "../core/ids.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { Colors, css, type Theme } from "./colors.ts";
import { Cursor, movesCursor } from "./cursor.ts";
import { child } from "./element.ts";
import { Font, LARGEST, SMALLEST, sizeThatFits } from "./font.ts";
import { type Fetch, History } from "./history.ts";
import { Lines } from "./lines.ts";
import { Marks, type Spans } from "./marks.ts";
import { RowPainter } from "./row.ts";
import { type Extent, extentOf, type Window, windowAround, windowGrown } from "./ruler.ts";

/** `Width`: all columns are seen; `Actual`: the chosen font size, with pan. */
export type Fit = "Width" | "Actual";

/** Rows mounted above and below what is seen. */
const OVERSCAN = 20;
/** Milliseconds without scrolling after which the window may be moved. */
const REST = 200;

/** What is seen of the scroll area, in pixels. */
interface View {
  readonly top: number;
  readonly height: number;
}

/** Where the next frame scrolls to, for who follows the end; pixels. */
interface Due {
  readonly to: number;
  /** The cursor's column is brought into sight. */
  readonly pans: boolean;
}

export interface TerminalEvents {
  fetch: Fetch;
  /** The state has been painted. */
  painted(snapshot: Snapshot): void;
  /** `fresh`: lines that came since the end was last seen; 0 while it is followed. */
  followed(following: boolean, fresh: number): void;
}

export class Terminal {
  readonly element: HTMLElement;
  readonly #content: HTMLElement;
  readonly #cursor: Cursor;
  readonly #marks: Marks;
  readonly #probe: HTMLElement;
  readonly #lines: Lines;
  readonly #events: TerminalEvents;
  readonly #observer: ResizeObserver;
  readonly #writing = new MessageChannel();
  readonly #painted = new MessageChannel();
  #room: Size = { cols: 80, rows: 24 };
  #theme: Theme;
  #fontSize: number;
  #fit: Fit;
  #snapshot: Snapshot | null = null;
  #shown: Snapshot | null = null;
  #painter: RowPainter | null = null;
  /** The painter is made anew with the next frame. Until then it tells where lines are. */
  #stale = false;
  #history: History | null = null;
  #window: Window | null = null;
  #following = true;
  /** The next frame brings the cursor into sight, if the end is followed. */
  #seeks = true;
  /** Pixels of height that were seen when the lines were last laid out. */
  #height = 0;
  /** End of the lines then. */
  #end: LineNo = 0;
  /** End of the lines when following stopped. */
  #left: LineNo = 0;
  #frame = 0;
  /** A task will write the newest state. */
  #posted = false;
  /** What is shown has to be written again, with the next frame. */
  #dirty = false;
  #due: Due | null = null;
  /** Pixels the area is scrolled to, as far as is known here. */
  #top = 0;
  #rest: ReturnType<typeof setTimeout> | undefined;
  #pinned: readonly LineNo[] = [];

  constructor(host: HTMLElement, theme: Theme, fontSize: number, fit: Fit, events: TerminalEvents) {
    this.#theme = theme;
    this.#fontSize = fontSize;
    this.#fit = fit;
    this.#events = events;
    this.element = child(host, "terminal");
    this.element.translate = false;
    this.element.tabIndex = 0;
    this.#probe = child(this.element, "probe");
    this.#probe.ariaHidden = "true";
    this.#content = child(this.element, "content");
    this.#lines = new Lines(this.#content);
    this.#cursor = new Cursor(this.#content);
    this.#marks = new Marks(this.#content);
    this.element.addEventListener("scroll", () => this.#heed(), { passive: true });
    this.#observer = new ResizeObserver(() => this.#resized());
    this.#observer.observe(this.element);
    this.#writing.port1.onmessage = () => {
      this.#posted = false;
      this.#write();
    };
    this.#painted.port1.onmessage = () => {
      if (this.#shown !== null) events.painted(this.#shown);
      this.#write();
    };
  }

  dispose(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#rest);
    this.#observer.disconnect();
    this.#writing.port1.close();
    this.#painted.port1.close();
    this.element.remove();
  }

  show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    // What was written before is painted first.
    if (this.#frame !== 0 || this.#posted) return;
    this.#posted = true;
    this.#writing.port2.postMessage(null);
  }

  get font(): Font | null {
    return this.#painter?.font ?? null;
  }

  get lines(): Lines {
    return this.#lines;
  }

  get following(): boolean {
    return this.#following;
  }

  get fit(): Fit {
    return this.#fit;
  }

  get fontSize(): number {
    return this.#fontSize;
  }

  setFit(fit: Fit): void {
    this.#fit = fit;
    this.#restyle();
  }

  setFontSize(size: number): void {
    this.#fontSize = Math.min(LARGEST, Math.max(SMALLEST, Math.round(2 * size) / 2));
    this.#restyle();
  }

  setTheme(theme: Theme): void {
    this.#theme = theme;
    this.#restyle();
  }

  /**
   * Cells that have room here in the chosen font size: the size to drive with. `covered`: pixels of
   * height that are only covered for now. While it is not shown: what it had when it was.
   */
  room(covered: number): Size {
    if (this.element.clientWidth === 0) return this.#room;
    const { width, height } = new Font(this.#fontSize, this.#probe).cell;
    const clamp = (cells: number) => Math.min(1000, Math.max(1, Math.floor(cells)));
    this.#room = {
      cols: clamp(this.element.clientWidth / width),
      rows: clamp((this.element.clientHeight + covered) / height),
    };
    return this.#room;
  }

  /** The cell of the screen at a place of the page; `null` outside of the screen. */
  cellAt(x: number, y: number): { column: number; row: number } | null {
    const { snapshot, cell } = { snapshot: this.#shown, cell: this.font?.cell };
    if (snapshot === null || cell === undefined || this.#window === null) return null;
    const content = this.#content.getBoundingClientRect();
    const column = Math.floor((x - content.left) / cell.width);
    const line = this.#window.base + Math.floor((y - content.top) / cell.height);
    const row = line - snapshot.top;
    const inside =
      row >= 0 && row < snapshot.size.rows && column >= 0 && column < snapshot.size.cols;
    return inside ? { column, row } : null;
  }

  /** Follows the end of the output again, and the cursor. */
  toEnd(): void {
    this.#seeks = true;
    if (this.#following) return;
    this.#following = true;
    this.#request();
  }

  /** Brings `line` into the middle of what is seen. */
  jump(line: LineNo): void {
    const { snapshot, cell } = { snapshot: this.#snapshot, cell: this.font?.cell };
    if (snapshot === null || cell === undefined) return;
    this.#following = false;
    this.#left = extentOf(snapshot).end;
    this.#window = windowAround(extentOf(snapshot), line, cell.height);
    this.#layOut();
    this.#due = null;
    const middle = (this.element.clientHeight - cell.height) / 2;
    this.element.scrollTop = (line - this.#window.base) * cell.height - middle;
    this.#request();
  }

  /** The line at the upper edge of what is seen. */
  topLine(): LineNo {
    const height = this.font?.cell.height ?? 1;
    return (this.#window?.base ?? 0) + Math.floor(this.element.scrollTop / height);
  }

  mark(spans: Spans): void {
    this.#marks.spans = spans;
    this.#request();
  }

  /** Lines that stay mounted although they are not seen: the ends of a selection. */
  pin(lines: readonly LineNo[]): void {
    this.#pinned = lines;
  }

  #restyle(): void {
    this.#stale = true;
    this.#seeks = true;
    this.#request();
  }

  #resized(): void {
    this.#seeks = true;
    if (this.#fit === "Width") this.#stale = true;
    this.#request();
  }

  #request(): void {
    this.#dirty = true;
    this.#nextFrame();
  }

  #nextFrame(): void {
    if (this.#frame !== 0) return;
    this.#frame = requestAnimationFrame(() => {
      this.#frame = 0;
      if (this.#dirty) this.#paint(this.#shown ?? this.#snapshot);
      this.#settle();
      // A task that was posted in a frame runs after the frame has been painted.
      this.#painted.port2.postMessage(null);
    });
  }

  /** Writes a state that has come since the last was painted. */
  #write(): void {
    if (this.#frame !== 0 || this.#snapshot === this.#shown) return;
    this.#paint(this.#snapshot);
    if (this.#snapshot === this.#shown) this.#nextFrame();
  }

  /** Reads where things are before anything is written, and leaves scrolling to the frame: one layout
   * for all. */
  #paint(snapshot: Snapshot | null): void {
    if (snapshot === null) return;
    if (this.element.clientWidth === 0) {
      // Where it is scrolled to when it is shown again is not the user's doing.
      this.#height = 0;
      return;
    }
    this.#settle();
    this.#dirty = false;
    const before = this.#shown;
    this.#shown = snapshot;
    if (before === null || movesCursor(before, snapshot)) this.#seeks = true;
    const top = this.#top;
    const anchor = this.#anchor(top);
    this.#prepare(snapshot, before);
    // Another font may have brought a scrollbar.
    const height = this.element.clientHeight;
    this.#height = height;
    const painter = this.#painter;
    if (painter === null) return;
    const view = { top: this.#place(snapshot, anchor, painter.font.cell.height, height), height };
    this.#rows(snapshot, painter, view);
    if (this.#window !== null) {
      this.#cursor.paint(snapshot, painter, this.#window);
      this.#marks.paint(this.#lines, painter.font.cell, this.#window);
    }
    const pans = this.#following && this.#seeks && this.#fit === "Actual";
    this.#due = { to: view.top, pans };
    if (!this.#following) this.#scroll();
    this.#seeks = false;
    const fresh = this.#following ? 0 : Math.max(0, extentOf(snapshot).end - this.#left);
    this.#events.followed(this.#following, fresh);
  }

  /** The line at the upper edge and how much of it is hidden, as part of a cell. */
  #anchor(top = this.element.scrollTop): number {
    const height = this.font?.cell.height;
    if (height === undefined || this.#window === null) return 0;
    return this.#window.base + top / height;
  }

  /** Font, colours and history for this state. */
  #prepare(snapshot: Snapshot, before: Snapshot | null): void {
    const { palette, modes, book, size, top, sealed } = snapshot;
    const colored =
      before !== null &&
      before.palette === palette &&
      before.modes.reverseVideo === modes.reverseVideo &&
      before.size.cols === size.cols;
    if (this.#painter === null || this.#stale || !colored) this.#repaint(snapshot);
    if (this.#history?.book !== book) {
      this.#history = new History(book, this.#events.fetch, () => this.#request());
      this.#lines.clear();
      this.#window = null;
      this.#following = true;
    }
    const moved =
      before === null ||
      before.size.cols !== size.cols ||
      before.size.rows !== size.rows ||
      before.top > top;
    if (before !== snapshot) this.#history.changed(sealed, moved, performance.now());
  }

  #repaint({ palette, modes, size }: Snapshot): void {
    this.#stale = false;
    const wide = sizeThatFits(size.cols, this.element.clientWidth, this.#probe);
    const font = new Font(
      this.#fit === "Width" ? Math.min(wide, LARGEST) : this.#fontSize,
      this.#probe,
    );
    const colors = new Colors(this.#theme, palette, modes.reverseVideo);
    this.#painter = new RowPainter(font, colors);
    this.#lines.forget();
    const { style } = this.element;
    style.setProperty("--cell-width", `${font.cell.width}px`);
    style.setProperty("--cell-height", `${font.cell.height}px`);
    style.fontSize = `${font.size}px`;
    style.color = css(colors.foreground);
    style.backgroundColor = css(colors.background);
    this.#content.style.width = `${size.cols * font.cell.width}px`;
  }

  /** The window; where it is to be scrolled to, `room` pixels of it being seen. */
  #place(snapshot: Snapshot, anchor: number, height: number, room: number): number {
    const extent = extentOf(snapshot);
    const grown =
      this.#window === null ? null : windowGrown(this.#window, this.#end, extent, height);
    this.#end = extent.end;
    // Who follows the end needs a window that reaches it.
    const stays = grown !== null && (!this.#following || grown.end === extent.end);
    this.#window = stays
      ? grown
      : windowAround(extent, this.#following ? extent.end : Math.floor(anchor), height);
    this.#layOut();
    // Who pans over a screen that is larger than the view stays there until the cursor moves.
    const isWhole = snapshot.size.rows * height <= room;
    const follows = this.#following && (this.#seeks || isWhole);
    if (follows) return this.#followed(snapshot, height, room);
    return (anchor - this.#window.base) * height;
  }

  #layOut(): void {
    const height = this.font?.cell.height ?? 0;
    if (this.#window === null) return;
    this.#content.style.height = `${(this.#window.end - this.#window.base) * height}px`;
  }

  /** Where the end is followed: the whole screen, or as much of it as fits above the cursor. */
  #followed(snapshot: Snapshot, height: number, room: number): number {
    const base = this.#window?.base ?? 0;
    const [top, end] = [
      (snapshot.top - base) * height,
      (snapshot.top + snapshot.size.rows - base) * height,
    ];
    if (end - top <= room) return Math.max(0, end - room);
    const cursor = top + (snapshot.cursor.row + 2) * height;
    return Math.min(end - room, Math.max(top, cursor - room));
  }

  /** Scrolls to where what was written is to be seen, unless somebody else has scrolled. */
  #settle(): void {
    this.#heed();
    this.#scroll();
  }

  #scroll(): void {
    const { due, snapshot } = { due: this.#due, snapshot: this.#shown };
    if (due === null || snapshot === null) return;
    this.#due = null;
    if (Math.abs(this.#top - due.to) > 0.5) {
      this.element.scrollTop = due.to;
      this.#top = this.element.scrollTop;
    }
    if (due.pans) this.#pan(snapshot);
  }

  /** Keeps the cursor's column in sight. */
  #pan(snapshot: Snapshot): void {
    const width = this.font?.cell.width ?? 0;
    const [x, room] = [snapshot.cursor.column * width, this.element.clientWidth];
    const { scrollLeft } = this.element;
    if (x < scrollLeft || x + width > scrollLeft + room) {
      this.element.scrollLeft = x < room ? 0 : x - room / 2;
    }
  }

  #rows(snapshot: Snapshot, painter: RowPainter, view: View): void {
    const window = this.#window;
    const history = this.#history;
    if (window === null || history === null) return;
    const { height } = painter.font.cell;
    const extent = extentOf(snapshot);
    const seen = this.#seen(extent, height, view);
    history.want(seen.from, Math.min(seen.end, extent.top));
    for (let line = seen.from; line < Math.min(seen.end, extent.top); line += 1) {
      this.#lines.show(line, history.row(line), (line - window.base) * height, painter);
    }
    for (const [n, row] of snapshot.rows.entries()) {
      const line = extent.top + n;
      if (line < window.end) this.#lines.show(line, row, (line - window.base) * height, painter);
    }
    const keep = (line: LineNo) =>
      (line >= seen.from && line < seen.end) ||
      (line >= extent.top && line < window.end) ||
      this.#isPinned(line, extent);
    this.#lines.prune((line) => keep(line) && line < extent.end);
  }

  #isPinned(line: LineNo, extent: Extent): boolean {
    return line >= extent.begin && this.#pinned.includes(line);
  }

  /** Lines in sight, with those around them. */
  #seen(extent: Extent, height: number, view: View): { from: LineNo; end: LineNo } {
    const base = this.#window?.base ?? 0;
    const first = base + Math.floor(view.top / height);
    const last = first + Math.ceil(view.height / height);
    return {
      from: Math.max(extent.begin, base, first - OVERSCAN),
      end: Math.min(extent.end, last + OVERSCAN),
    };
  }

  /** If somebody else has scrolled: whether the end is still followed, and what is seen there. An event
   * tells of it, which may come after what is next written. */
  #heed(): void {
    const { snapshot, height } = { snapshot: this.#shown, height: this.font?.cell.height };
    const { scrollTop, clientHeight } = this.element;
    if (snapshot === null || height === undefined || scrollTop === this.#top) return;
    const before = this.#top;
    this.#top = scrollTop;
    if (this.#height === 0 || clientHeight === 0) return;
    // What grows may be scrolled by the browser, to its end.
    const room = Math.max(clientHeight, this.#height);
    const place = this.#followed(snapshot, height, room);
    // What is due has not been scrolled to yet.
    const end = this.#due === null ? place : Math.min(before, place);
    const following = scrollTop >= end - height / 2;
    if (!following) this.#due = null;
    if (this.#following && !following) this.#left = extentOf(snapshot).end;
    this.#following = following && (this.#window?.end ?? 0) >= snapshot.top;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.#rested(), REST);
    this.#request();
  }

  /** Moves the window where its border has come near. */
  #rested(): void {
    const { snapshot, height } = { snapshot: this.#shown, height: this.font?.cell.height };
    if (snapshot === null || height === undefined || this.#window === null) return;
    this.#settle();
    const extent = extentOf(snapshot);
    const anchor = this.#anchor();
    const moved = windowAround(extent, Math.floor(anchor), height);
    const { base, end } = this.#window;
    const near = anchor - base < 1000 || end - anchor < 1000;
    if (!near || (moved.base === base && moved.end === end)) return;
    this.#window = moved;
    this.#layOut();
    this.element.scrollTop = (anchor - moved.base) * height;
    this.#request();
  }
}
