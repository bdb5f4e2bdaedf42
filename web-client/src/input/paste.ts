// What is asked before a paste, and how it is cut to what a message may hold. Pure.

import { byteLength } from "../core/text.ts";

/** Bytes of a paste above which is asked. */
export const LARGE = 64 << 10;
/** Bytes of one message: a channel takes 64 KiB with what is around the text. */
const PIECE = 48 << 10;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ACTING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** What to ask; `null`: nothing. */
export function doubt(text: string): string | null {
  const bytes = byteLength(text);
  if (bytes > LARGE) {
    const count = pieces(text).length;
    return `Paste ${Math.ceil(bytes / 1024)} KiB? It goes in ${count} pieces, each a paste of its own.`;
  }
  if (ACTING.test(text))
    return "This text holds control characters, which will be left out. Paste it?";
  return null;
}

/** The text in messages, cut between characters. */
export function pieces(text: string): string[] {
  if (byteLength(text) <= PIECE) return [text];
  const all: string[] = [];
  let [piece, size] = ["", 0];
  for (const char of text) {
    const bytes = byteLength(char);
    if (size + bytes > PIECE) {
      all.push(piece);
      [piece, size] = ["", 0];
    }
    piece += char;
    size += bytes;
  }
  all.push(piece);
  return all;
}
