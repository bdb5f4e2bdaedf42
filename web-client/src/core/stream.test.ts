// Numbers without gaps, whatever is refused, settled or given up.

import fc from "fast-check";
import { expect, test } from "vitest";

import type { InputEvent } from "./input.ts";
import { MAX_PENDING, Stream } from "./stream.ts";

const EVENT: InputEvent = { type: "Paste", text: "x" };

function numbers(stream: Stream): number[] {
  return stream.pending.map(({ seq }) => seq);
}

test("every input has the next number, or none is taken", () => {
  const step = fc.oneof(
    fc.record({ take: fc.nat(90) }),
    fc.record({ settle: fc.nat(400) }),
    fc.record({ refuse: fc.nat(400) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
      const stream = new Stream();
      let last = 0;
      for (const step of steps) {
        const before = numbers(stream);
        if ("settle" in step) stream.settle(step.settle);
        else if ("refuse" in step) stream.refuse(step.refuse);
        else {
          const taken = stream.take(Array(step.take).fill(EVENT), 0);
          expect(taken === null).toBe(before.length + step.take > MAX_PENDING);
          for (const { seq } of taken ?? []) {
            last += 1;
            expect(seq).toBe(last);
          }
        }
        const now = numbers(stream);
        expect(now).toEqual(now.toSorted((a, b) => a - b));
        expect(now.length).toBeLessThanOrEqual(MAX_PENDING);
      }
    }),
  );
});

test("what waits is overdue by when it was typed, until it is sent anew", () => {
  const stream = new Stream();
  expect(stream.overdue(1_000)).toBe(false);
  stream.take([EVENT], 500);
  stream.take([EVENT], 900);
  expect(stream.overdue(500)).toBe(false);
  expect(stream.overdue(501)).toBe(true);
  stream.renew(2_000);
  expect(stream.overdue(2_000)).toBe(false);
});

test("what is given up is answered, and a new stream begins", () => {
  const stream = new Stream();
  const { id } = stream;
  stream.take([EVENT, EVENT], 0);
  stream.settle(1);
  expect(stream.restart().map(({ seq }) => seq)).toEqual([2]);
  expect(stream.id).not.toBe(id);
  expect(stream.take([EVENT], 0)?.map(({ seq }) => seq)).toEqual([1]);
});
