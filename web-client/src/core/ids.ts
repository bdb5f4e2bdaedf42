// Names for numbers. Ids of 128 bits are hexadecimal text here, so that they compare and key maps.

/** 32 hexadecimal digits. */
export type Id = string;
export type SessionId = Id;
export type StreamId = Id;
export type DeviceId = Id;
/** Address of a row in one book; main-screen row `i` is `top + i`. */
export type LineNo = number;
/** Number of an input within its stream; the first is 1. */
export type InputSeq = number;

/** A state of one session's screen. */
export interface Revision {
  readonly incarnation: bigint;
  readonly counter: number;
}

export interface Size {
  readonly cols: number;
  readonly rows: number;
}

export type Book = "Main" | "Alternate";

export function sameRevision(a: Revision, b: Revision): boolean {
  return a.counter === b.counter && a.incarnation === b.incarnation;
}

export function hex(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += byte.toString(16).padStart(2, "0");
  return text;
}

/** Bytes of hexadecimal text, which must be well-formed. */
export function unhex(text: string): Uint8Array<ArrayBuffer> {
  if (text.length % 2 !== 0 || /[^0-9a-f]/.test(text)) throw new RangeError("not hexadecimal");
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** 128 random bits. */
export function randomId(): Id {
  return hex(crypto.getRandomValues(new Uint8Array(16)));
}
