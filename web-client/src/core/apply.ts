// From a snapshot and an update to the later snapshot. An update that fits none is an error, and
// the snapshot stays as it was.

import { sameRevision } from "./ids.ts";
import { type Row, RowBuilder, SplitError, writeCells } from "./row.ts";
import { brokenFrame, type Snapshot } from "./snapshot.ts";
import type { Segment, Update } from "./update.ts";

/** An update that does not fit. The viewer keeps what it has and asks for a resync. */
export class ApplyError extends Error {}

/** The snapshot that `update` turns `old` into; rows that did not change stay the same objects. */
export function apply(old: Snapshot, update: Update): Snapshot {
  if (!sameRevision(update.from, old.revision)) {
    throw new ApplyError("the update starts from another revision");
  }
  const size = update.size ?? old.size;
  const snapshot: Snapshot = {
    revision: update.to,
    size,
    book: update.book ?? old.book,
    rows: rows(old.rows, update.segments, size.rows),
    cursor: update.cursor ?? old.cursor,
    modes: update.modes ?? old.modes,
    title: update.title ?? old.title,
    directory: update.directory ?? old.directory,
    progress: update.progress ?? old.progress,
    palette: update.palette ?? old.palette,
    top: update.top ?? old.top,
    sealed: update.sealed ?? old.sealed,
    first: update.first ?? old.first,
    floor: update.floor ?? old.floor,
  };
  const broken = brokenFrame(snapshot);
  if (broken !== null) throw new ApplyError(`the update makes a broken screen: ${broken}`);
  return snapshot;
}

function rows(old: readonly Row[], segments: readonly Segment[], height: number): Row[] {
  const all: Row[] = [];
  for (const segment of segments) {
    const before = all.length;
    push(all, old, segment);
    // Each segment adds a row and none goes beyond the screen: this bounds the work, too.
    if (all.length === before || all.length > height) {
      throw new ApplyError("the update's segments do not make its height");
    }
  }
  return all;
}

function push(all: Row[], old: readonly Row[], segment: Segment): void {
  switch (segment.type) {
    case "Copy": {
      const copied = old.slice(segment.from, segment.from + segment.count);
      if (copied.length !== segment.count) throw new ApplyError("the update names no such rows");
      all.push(...copied);
      return;
    }
    case "Rows":
      all.push(...segment.rows);
      return;
    case "Patch": {
      const row = old[segment.from];
      if (row === undefined) throw new ApplyError("the update names no such rows");
      all.push(patched(row, segment.column, segment.tail, segment.patch));
      return;
    }
    case "Unknown":
      throw new ApplyError("the update has a segment that this build does not know");
  }
}

/** `old` with the cells from `column` on replaced by `patch`. */
function patched(old: Row, column: number, tail: boolean, patch: Row): Row {
  const builder = new RowBuilder();
  try {
    writeCells(old, 0, column, builder);
    for (const run of patch.runs) builder.run(run);
    if (tail) writeCells(old, column + patch.cells, Number.POSITIVE_INFINITY, builder);
  } catch (error) {
    if (error instanceof SplitError) throw new ApplyError(`a patch lies ${error.message}`);
    throw error;
  }
  for (const mark of patch.marks) builder.mark(mark);
  return builder.finish(patch.wrapped);
}
