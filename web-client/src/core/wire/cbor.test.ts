import { decode, encode } from "cborg";
import fc from "fast-check";
import { expect, test } from "vitest";

import { toCbor } from "./cbor.ts";

const { values } = fc.letrec((of) => ({
  values: fc.oneof(
    fc.constant(null),
    fc.boolean(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: 2n ** 53n, max: 2n ** 64n - 1n }),
    fc.string({ unit: "grapheme", maxLength: 300 }),
    fc.uint8Array({ maxLength: 300 }),
    fc.array(of("values"), { maxLength: 30 }),
  ),
}));

test("what is written is read as it was, and takes no byte too many", () => {
  fc.assert(
    fc.property(values, (value) => {
      const written = toCbor(value);
      expect(decode(written)).toEqual(value);
      expect(written).toEqual(encode(value));
    }),
  );
});

test.each([0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32])(
  "the form of %d and of its negative is the shortest",
  (n) => {
    for (const value of [n, -1 - n]) expect(toCbor(value)).toEqual(encode(value));
  },
);

test.each([1.5, Number.NaN, 2n ** 64n, undefined, new Map()])("%s is not written", (value) => {
  expect(() => toCbor(value)).toThrow();
});
