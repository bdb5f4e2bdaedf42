// What text may hold when it comes from a program or a peer and is shown to a person.

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/;
const BIDI = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ACTING = /[\u0000-\u001f\u007f-\u009f]/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ACTING_IN_LINES = /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g;
const SURROGATE = /[\ud800-\udfff]/;
const ENCODER = new TextEncoder();

/** C0, DEL or C1: what could make a terminal do something. */
export function hasControls(text: string): boolean {
  return CONTROLS.test(text);
}

/** The text without characters that reorder what is around them. */
export function withoutBidi(text: string): string {
  return text.replace(BIDI, "");
}

/** One harmless line: control characters become blanks, bidi controls go. */
export function line(text: string): string {
  return withoutBidi(text).replace(ACTING, " ");
}

/** As `line`, but line feeds stay. */
export function prose(text: string): string {
  return withoutBidi(text).replace(ACTING_IN_LINES, " ");
}

/** Bytes of the text in UTF-8. */
export function byteLength(text: string): number {
  return ENCODER.encode(text).length;
}

/** Characters (code points) of the text. */
export function charCount(text: string): number {
  if (!SURROGATE.test(text)) return text.length;
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}

/** Where in `text` its first `chars` characters end; -1 if there are fewer. */
export function endOf(text: string, chars: number): number {
  if (!SURROGATE.test(text)) return chars <= text.length ? chars : -1;
  let at = 0;
  for (let left = chars; left > 0; left -= 1) {
    const point = text.codePointAt(at);
    if (point === undefined) return -1;
    at += point > 0xffff ? 2 : 1;
  }
  return at;
}
