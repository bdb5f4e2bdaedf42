// One session across links, against a keeper that is written down here.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { MAX_TEXT } from "./channel/limits.ts";
import type { InputEvent } from "./input.ts";
import type { ToClient, ToServer } from "./message.ts";
import { snapshot, update } from "./testing/states.ts";
import { OVERDUE, Viewer, type ViewerEvents } from "./viewer.ts";

const SESSION = "0".repeat(32);
const HEADER = { applied: 0, events: [], tail: null };
const ROW = { type: "Copy", from: 0, count: 1 } as const;
/** Names a row that the screen does not have. */
const MISFIT = { type: "Copy", from: 7, count: 1 } as const;
const FIRST = snapshot([{ runs: [], cells: 0, marks: [], wrapped: false }]);

let sent: ToServer[];
let events: { [K in keyof ViewerEvents]: ReturnType<typeof vi.fn<ViewerEvents[K]>> };
let viewer: Viewer;

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  events = {
    changed: vi.fn(),
    attached: vi.fn(),
    drivenBy: vi.fn(),
    event: vi.fn(),
    ended: vi.fn(),
    closed: vi.fn(),
    refused: vi.fn(),
    lost: vi.fn(),
  };
  const palette = { foreground: null, background: null, cursor: null, indexed: [] };
  const place = { session: SESSION, name: "desk", look: { palette, dark: true, cell: null } };
  viewer = new Viewer(place, { cols: 80, rows: 1 }, (message) => void sent.push(message), events);
});

afterEach(() => vi.useRealTimers());

/** A new link, on which the keeper has what it had of the input. */
function link(applied = 0): void {
  viewer.lost();
  viewer.attach();
  sent = [];
  const info = { id: SESSION } as Extract<ToClient, { type: "Attached" }>["info"];
  viewer.message({ type: "Attached", viewer: 1, applied, event: 0, info });
}

function paste(text: string): InputEvent {
  return { type: "Paste", text };
}

/** The numbers of the inputs that were sent. */
function inputs(): number[] {
  return sent.flatMap((message) => (message.type === "Input" ? [message.seq] : []));
}

function refuse(seq: number, why: "Busy" | "StreamLost" | "NeedsConfirm"): void {
  viewer.message({ type: "Refused", stream: viewer.stream.id, seq, why });
}

describe("the screen", () => {
  beforeEach(() => {
    link();
    viewer.message({ type: "Snapshot", header: HEADER, snapshot: FIRST });
  });

  test("is acknowledged once, when it was painted", () => {
    viewer.painted(FIRST);
    viewer.painted(FIRST);
    expect(sent).toEqual([{ type: "Ack", revision: FIRST.revision }]);
  });

  test("is asked for whole where an update does not fit, and what comes meanwhile is left out", () => {
    viewer.message({ type: "Update", header: HEADER, update: update([MISFIT]) });
    viewer.message({ type: "Update", header: HEADER, update: update([ROW]) });
    expect(sent).toEqual([{ type: "Resync" }]);
    viewer.message({ type: "Snapshot", header: HEADER, snapshot: FIRST });
    viewer.message({ type: "Update", header: HEADER, update: update([ROW], { title: "later" }) });
    expect(viewer.snapshot?.title).toBe("later");
    expect(events.closed).not.toHaveBeenCalled();
  });

  test("is given up where the whole one did not help, with what to do", () => {
    for (let time = 0; time < 2; time += 1) {
      viewer.message({ type: "Update", header: HEADER, update: update([MISFIT]) });
      viewer.message({ type: "Snapshot", header: HEADER, snapshot: FIRST });
    }
    expect(sent).toEqual([{ type: "Resync" }]);
    expect(events.closed.mock.calls[0]?.[0].line).toMatch(/reload/);
  });

  test("is named by its revision on the next link", () => {
    viewer.lost();
    viewer.attach();
    expect(sent.at(-1)).toMatchObject({ type: "Attach", have: FIRST.revision });
  });
});

describe("input", () => {
  test("is refused without a link", () => {
    expect(viewer.type(paste("x"))).toBe("Down");
    expect(viewer.stream.pending).toEqual([]);
  });

  test("above what a message holds takes no number", () => {
    link();
    expect(viewer.type(paste("x".repeat(MAX_TEXT + 1)))).toBe("Long");
    expect(viewer.type(paste("x".repeat(MAX_TEXT)))).toBe("Sent");
    expect(inputs()).toEqual([1]);
  });

  test("is sent again on a new link, from what was not applied on", () => {
    link();
    viewer.type(paste("a"), paste("b"), paste("c"));
    link(1);
    expect(inputs()).toEqual([2, 3]);
    expect(viewer.type(paste("d"))).toBe("Sent");
    expect(inputs()).toEqual([2, 3, 4]);
  });

  test("that waits for long is asked about on a new link, and no other is taken before", () => {
    link();
    viewer.type(paste("a"));
    vi.advanceTimersByTime(OVERDUE + 1);
    link();
    expect(viewer.type(paste("b"))).toBe("Asked");
    expect(inputs()).toEqual([]);
    viewer.resend();
    expect(viewer.type(paste("b"))).toBe("Sent");
    expect(inputs()).toEqual([1, 2]);
  });

  test("that turns out to be applied is not asked about any more", () => {
    link();
    viewer.type(paste("a"));
    vi.advanceTimersByTime(OVERDUE + 1);
    link();
    viewer.message({ type: "Header", ...HEADER, applied: 1 });
    expect(viewer.type(paste("b"))).toBe("Sent");
    expect(inputs()).toEqual([2]);
  });

  test("that is given up goes by a new stream", () => {
    link();
    viewer.type(paste("a"));
    const { id } = viewer.stream;
    expect(viewer.forget().map(({ event }) => event)).toEqual([paste("a")]);
    expect(viewer.stream.id).not.toBe(id);
    expect(sent.slice(-2).map(({ type }) => type)).toEqual(["Detach", "Attach"]);
  });

  test("is tried again where the queue is full", () => {
    link();
    viewer.type(paste("a"), paste("b"));
    refuse(1, "Busy");
    refuse(2, "Busy");
    sent = [];
    vi.advanceTimersByTime(1_000);
    expect(inputs()).toEqual([1, 2]);
  });

  test("that will not be applied is handed back: one, or all of a lost stream", () => {
    link();
    viewer.type(paste("a"), paste("b"));
    refuse(1, "NeedsConfirm");
    expect(events.refused.mock.calls[0]?.[0].event).toEqual(paste("a"));
    refuse(2, "StreamLost");
    expect(events.lost.mock.calls[0]?.[0].map(({ event }) => event)).toEqual([paste("b")]);
  });
});
