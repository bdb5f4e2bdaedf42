// When the page comes back by itself. The other side of a live link is the real daemon, in e2e.

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { backoff } from "./backoff.ts";
import type { CarrierEvents } from "./carrier.ts";
import { newKeyPair, SYSTEM, takePsk } from "./channel/keys.ts";
import { Connection, type ConnectionState } from "./connection.ts";

test("waits longer each time, and never the same for all", () => {
  const least = [1, 2, 3, 4, 5, 6, 99].map((failures) => backoff(failures, 0));
  expect(least).toEqual([250, 500, 1000, 2000, 4000, 7500, 7500]);
  expect(backoff(99, 0.999)).toBeLessThanOrEqual(15_000);
});

describe("a daemon that does not answer", () => {
  let dialled: CarrierEvents[];
  let states: ConnectionState[];
  let seen: boolean;
  let connection: Connection;

  beforeEach(async () => {
    const own = await newKeyPair();
    const knock = { own, daemon: new Uint8Array(32), entropy: SYSTEM };
    const psk = await takePsk(new Uint8Array(32));
    vi.useFakeTimers();
    vi.spyOn(Math, "random").mockReturnValue(0);
    dialled = [];
    states = [];
    const dial = (events: CarrierEvents) => {
      dialled.push(events);
      return { send: () => undefined, close: () => undefined };
    };
    seen = true;
    const events = {
      state: (state: ConnectionState) => void states.push(state),
      message: vi.fn(),
      seen: () => seen,
    };
    connection = new Connection(dial, { knock, psk }, events);
    connection.start();
  });

  afterEach(() => {
    connection.stop();
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  async function close(code: number): Promise<void> {
    dialled.at(-1)?.closed(code);
    await vi.advanceTimersByTimeAsync(0);
  }

  test("is tried again, later each time", async () => {
    for (const wait of [250, 500, 1000]) {
      const tries = dialled.length;
      await close(1006);
      expect(connection.state.type).toBe("Waiting");
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(dialled.length).toBe(tries);
      await vi.advanceTimersByTimeAsync(1);
      expect(dialled.length).toBe(tries + 1);
    }
  });

  test("is tried at once when the page wakes, and then not so late", async () => {
    for (let n = 0; n < 6; n += 1) {
      await close(1006);
      connection.wake();
      expect(dialled.length).toBe(n + 2);
    }
    await close(1006);
    await vi.advanceTimersByTimeAsync(250);
    expect(dialled.length).toBe(8);
  });

  test("is tried anew when the page wakes and an attempt hangs", async () => {
    connection.wake();
    expect(dialled.length).toBe(1);
    await vi.advanceTimersByTimeAsync(1_000);
    connection.wake();
    connection.wake();
    expect(dialled.length).toBe(2);
    expect(connection.state.type).toBe("Connecting");
    await vi.advanceTimersByTimeAsync(9_999);
    expect(dialled.length).toBe(2);
  });

  test("is not tried while nobody looks", async () => {
    seen = false;
    await close(1006);
    expect(connection.state.type).toBe("Waiting");
    await vi.advanceTimersByTimeAsync(600_000);
    expect(dialled.length).toBe(1);
    seen = true;
    connection.wake();
    expect(dialled.length).toBe(2);
  });

  test("is given up after ten seconds of silence", async () => {
    await vi.advanceTimersByTimeAsync(10_000);
    expect(connection.state.type).toBe("Waiting");
  });

  test("that does not know this device is not tried again", async () => {
    dialled.at(-1)?.opened();
    await close(4400);
    expect(connection.state).toEqual({ type: "Over", end: { type: "Refused" } });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(dialled.length).toBe(1);
  });

  test("keeps the time since when it is gone", async () => {
    await close(1006);
    const [first] = states;
    await vi.advanceTimersByTimeAsync(250);
    await close(1006);
    const last = states.at(-1);
    expect(
      first?.type === "Connecting" && last?.type === "Waiting" && last.since === first.since,
    ).toBe(true);
  });
});
