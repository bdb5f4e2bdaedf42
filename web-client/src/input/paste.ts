// What is asked before a paste, and how it is cut to what a message may hold. Pure.

import { MAX_TEXT } from "../core/channel/limits.ts";
import { MAX_PASTE } from "../core/limits.ts";
import { byteLength } from "../core/text.ts";

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ACTING = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f]/;

/** Why it is not pasted at all; `null`: it may be. */
export function excess(text: string): string | null {
  if (byteLength(text) <= MAX_PASTE) return null;
  return `${kib(text)} KiB are too much for a paste, which takes ${MAX_PASTE >> 10}: copy them as a file.`;
}

/** What to ask; `null`: nothing. */
export function doubt(text: string): string | null {
  const count = pieces(text).length;
  if (count > 1)
    return `Paste ${kib(text)} KiB? It goes in ${count} pieces, each a paste of its own.`;
  if (ACTING.test(text))
    return "This text holds control characters, which will be left out. Paste it?";
  return null;
}

/** The text in messages, cut between characters. */
export function pieces(text: string): string[] {
  if (byteLength(text) <= MAX_TEXT) return [text];
  const all: string[] = [];
  let [piece, size] = ["", 0];
  for (const char of text) {
    const bytes = byteLength(char);
    if (size + bytes > MAX_TEXT) {
      all.push(piece);
      [piece, size] = ["", 0];
    }
    piece += char;
    size += bytes;
  }
  all.push(piece);
  return all;
}

function kib(text: string): number {
  return Math.ceil(byteLength(text) / 1024);
}
