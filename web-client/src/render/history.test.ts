import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { BLANK, type Row } from "../core/row.ts";
import { BLOCK, type Fetch, History } from "./history.ts";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

const rows = (count: number): Row[] => Array.from({ length: count }, () => ({ ...BLANK }));

/** What was asked for, and how it is answered. */
function keeper() {
  const asked: number[] = [];
  let up = true;
  const fetch: Fetch = async (_, from, count) => {
    asked.push(from);
    return up ? { from, rows: rows(count) } : null;
  };
  return { asked, fetch, down: (is: boolean) => (up = !is) };
}

async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

test("rows are asked for by the block, once", async () => {
  const { asked, fetch } = keeper();
  const history = new History("Main", fetch, vi.fn());
  history.want(BLOCK - 1, BLOCK + 1);
  history.want(BLOCK - 1, BLOCK + 1);
  await settle();
  history.want(0, 2 * BLOCK);
  await settle();
  expect(asked).toEqual([0, BLOCK]);
  expect(history.row(5)).not.toBeNull();
});

test("rows that could not be had are asked for again, as long as they are wanted", async () => {
  const { asked, fetch, down } = keeper();
  const came = vi.fn(() => history.want(0, 10));
  const history = new History("Main", fetch, came);
  down(true);
  history.want(0, 10);
  await settle();
  expect(history.row(0)).toBeNull();
  down(false);
  await vi.advanceTimersByTimeAsync(500);
  expect(asked).toEqual([0, 0]);
  expect(history.row(0)).not.toBeNull();
});

test("what is sealed is asked for once, what may change again after a while", async () => {
  const { asked, fetch } = keeper();
  const history = new History("Main", fetch, vi.fn());
  history.want(0, 2 * BLOCK);
  await settle();
  history.changed(BLOCK, false, 5_000);
  history.want(0, 2 * BLOCK);
  await settle();
  expect(asked).toEqual([0, BLOCK, BLOCK]);
  history.changed(BLOCK, true, 5_001);
  expect(history.row(0)).not.toBeNull();
  expect(history.row(BLOCK)).toBeNull();
});
