import { expect, test } from "vitest";

import { type Row, RowBuilder } from "../core/row.ts";
import type { Snapshot } from "../core/snapshot.ts";
import { PLAIN } from "../core/style.ts";
import { fresh } from "./announcer.ts";

function snapshot(...lines: string[]): Snapshot {
  const rows: Row[] = lines.map((line) => {
    const builder = new RowBuilder();
    builder.simple(line, PLAIN);
    return builder.finish(false);
  });
  return { rows } as unknown as Snapshot;
}

test("only what was not there before is read out, the newest last", () => {
  const before = snapshot("$ make", "compiling", "");
  expect(fresh(before, snapshot("compiling", "linking", "done"))).toEqual(["linking", "done"]);
  expect(fresh(before, before)).toEqual([]);
});

test("not more than somebody can listen to", () => {
  const lines = Array.from({ length: 50 }, (_, n) => `line ${n}`);
  expect(fresh(snapshot(), snapshot(...lines))).toEqual(lines.slice(-6));
});
