// Where lines are in the scroll area: from a base line on, each one cell high. The area is bounded,
// since browsers bound the height of elements: a long history is seen through a window that is moved
// when the scrolling rests. Pure.

import type { LineNo } from "../core/ids.ts";
import type { Snapshot } from "../core/snapshot.ts";

/** Pixels of the scroll area at most. */
export const MAX_HEIGHT = 8_000_000;

/** Lines that there are: `[begin, end)`, of which those from `top` on are the screen. */
export interface Extent {
  readonly begin: LineNo;
  readonly top: LineNo;
  readonly end: LineNo;
}

export function extentOf({ first, floor, top, size }: Snapshot): Extent {
  return { begin: Math.min(top, Math.max(first, floor)), top, end: top + size.rows };
}

/** Lines of the window, of which the first has `y` 0. */
export interface Window {
  readonly base: LineNo;
  readonly end: LineNo;
}

/** The window around `line` (its middle, if not all lines fit). */
export function windowAround(extent: Extent, line: LineNo, cellHeight: number): Window {
  const room = Math.floor(MAX_HEIGHT / cellHeight);
  const all = extent.end - extent.begin;
  if (all <= room) return { base: extent.begin, end: extent.end };
  const base = Math.min(Math.max(extent.begin, line - Math.floor(room / 2)), extent.end - room);
  return { base, end: base + room };
}

/** The window while lines come and go, without moving what is seen: if it reached to `before`, which
 * was their end, it grows with them, and is made anew only where it must. */
export function windowGrown(
  window: Window,
  before: LineNo,
  extent: Extent,
  cellHeight: number,
): Window | null {
  const room = Math.floor(MAX_HEIGHT / cellHeight);
  const atEnd = window.end >= before;
  const end = atEnd ? extent.end : Math.min(window.end, extent.end);
  const fits = window.base >= extent.begin && window.base < end && end - window.base <= room;
  return fits ? { base: window.base, end } : null;
}
