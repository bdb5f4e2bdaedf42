// Texts on the wire: each is checked, or made harmless, where it is read.

import {
  MAX_DIRECTORY,
  MAX_HIT_LINE,
  MAX_LINE,
  MAX_NAME,
  MAX_ORIGIN,
  MAX_PROSE,
  MAX_TITLE,
} from "../limits.ts";
import {
  byteLength,
  hasControls,
  line as tameLine,
  prose as tameProse,
  withoutBidi,
} from "../text.ts";
import { type Codec, WireError } from "./codec.ts";

interface Rule {
  /** Bytes. */
  readonly max: number;
  /** Control characters are an error. */
  readonly strict: boolean;
  readonly tame: (text: string) => string;
}

function text(rule: Rule): Codec<string> {
  return {
    read: (raw) => {
      if (typeof raw !== "string") throw new WireError("not a text");
      // No text has more bytes than three times its length in UTF-16.
      if (raw.length * 3 > rule.max && byteLength(raw) > rule.max) {
        throw new WireError("a text is longer than its bound");
      }
      if (rule.strict && hasControls(raw)) throw new WireError("a text holds control characters");
      return rule.tame(raw);
    },
    write: (value) => value,
  };
}

const same = (value: string) => value;

/** A name: control characters are an error, bidi controls go. */
export const name = text({ max: MAX_LINE, strict: true, tame: withoutBidi });
/** What a device or a daemon is called, and what it runs. */
export const device = text({ max: MAX_NAME, strict: true, tame: withoutBidi });
/** A web page's origin. */
export const origin = text({ max: MAX_ORIGIN, strict: true, tame: withoutBidi });
export const title = text({ max: MAX_TITLE, strict: true, tame: withoutBidi });
/** A path: everything but control characters belongs to it. */
export const directory = text({ max: MAX_DIRECTORY, strict: true, tame: same });
/** One line for people. */
export const line = text({ max: MAX_PROSE, strict: false, tame: tameLine });
/** Text of rows. */
export const hitLine = text({ max: MAX_HIT_LINE, strict: true, tame: same });
/** Several lines for people. */
export const prose = text({ max: MAX_PROSE, strict: false, tame: tameProse });
/** What a user types or searches, taken as it is. */
export const typed = text({ max: Number.POSITIVE_INFINITY, strict: false, tame: same });
