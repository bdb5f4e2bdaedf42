import fc from "fast-check";
import { expect, test } from "vitest";

import { Attr, PLAIN, RGB } from "../core/style.ts";
import { Colors, contrast, css, DARK, LIGHT, readable } from "./colors.ts";

const NOTHING = { foreground: null, background: null, cursor: null, indexed: [] };
const colors = new Colors(DARK, NOTHING, false);

test.each([
  [16, "#000000"],
  [21, "#0000ff"],
  [67, "#5f87af"],
  [231, "#ffffff"],
  [232, "#080808"],
  [255, "#eeeeee"],
])("colour %d is %s", (index, expected) => {
  expect(css(colors.indexed(index))).toBe(expected);
});

test("what the program changed is used", () => {
  const changed = new Colors(
    DARK,
    { ...NOTHING, background: 0x102030, indexed: [[1, 0xabcdef]] },
    false,
  );
  expect(changed.background).toBe(0x102030);
  expect(changed.indexed(1)).toBe(0xabcdef);
  expect(new Colors(DARK, NOTHING, true).background).toBe(DARK.foreground);
});

test("inverse swaps, and says so of the default colours too", () => {
  const look = colors.look({ ...PLAIN, attrs: Attr.Inverse });
  expect(look).toMatchObject({ foreground: DARK.background, background: DARK.foreground });
  expect(colors.look(PLAIN).background).toBeNull();
});

test("all text can be read, in both themes", () => {
  const color = fc.integer({ min: -1, max: RGB + 0xffffff });
  fc.assert(
    fc.property(fc.constantFrom(DARK, LIGHT), color, color, fc.boolean(), (theme, fg, bg, dim) => {
      const own = new Colors(theme, NOTHING, false);
      const look = own.look({ ...PLAIN, fg, bg, attrs: dim ? Attr.Dim : 0 });
      const background = look.background ?? theme.background;
      if (look.foreground === background) return;
      expect(contrast(look.foreground, background)).toBeGreaterThanOrEqual(theme.contrast - 0.01);
    }),
  );
});

test("text in the colour of its background stays hidden", () => {
  expect(readable(0x123456, 0x123456, 7)).toBe(0x123456);
});
