// An update: what turns one snapshot into a later one.

import type { Book, LineNo, Revision, Size } from "./ids.ts";
import type { Row } from "./row.ts";
import type { Cursor, Modes, Palette, Progress } from "./snapshot.ts";

/** The new row list is built from the old one, segment by segment, top to bottom. */
export type Segment =
  | { readonly type: "Copy"; readonly from: number; readonly count: number }
  | { readonly type: "Rows"; readonly rows: readonly Row[] }
  | {
      readonly type: "Patch";
      readonly from: number;
      readonly column: number;
      /** The old cells behind the replaced ones stay. */
      readonly tail: boolean;
      readonly patch: Row;
    }
  | { readonly type: "Unknown" };

/** A field is `null` where nothing changed. */
export interface Update {
  readonly from: Revision;
  readonly to: Revision;
  readonly segments: readonly Segment[];
  readonly size: Size | null;
  readonly book: Book | null;
  readonly cursor: Cursor | null;
  readonly modes: Modes | null;
  readonly title: string | null;
  readonly directory: string | null;
  readonly progress: Progress | null;
  readonly palette: Palette | null;
  readonly top: LineNo | null;
  readonly sealed: LineNo | null;
  readonly first: LineNo | null;
  readonly floor: LineNo | null;
}
