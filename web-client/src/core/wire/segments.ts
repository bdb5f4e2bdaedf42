// The segments of an update. One table of pens serves them all.

import { MAX_SIDE } from "../limits.ts";
import type { Segment } from "../update.ts";
import { array, bool, type Reader, u16, u32, WireError } from "./codec.ts";
import { PenReader } from "./rows.ts";

export const segments: Reader<readonly Segment[]> = {
  read: (raw) => {
    const items = array(raw);
    // A segment yields at least one row, so there are never more of them than rows.
    if (items.length > MAX_SIDE) throw new WireError("more segments than rows");
    const pens = new PenReader();
    return items.map((item) => segment(array(item), pens));
  },
};

function segment(fields: readonly unknown[], pens: PenReader): Segment {
  const [kind, ...rest] = fields;
  switch (u32.read(kind)) {
    case 0:
      return { type: "Copy", from: u16.read(rest[0]), count: u16.read(rest[1]) };
    case 1:
      return { type: "Rows", rows: pens.rows(rest[0]) };
    case 2:
      return {
        type: "Patch",
        from: u16.read(rest[0]),
        column: u16.read(rest[1]),
        tail: bool.read(rest[2]),
        patch: pens.row(rest[3], "Patch"),
      };
    default:
      return { type: "Unknown" };
  }
}
