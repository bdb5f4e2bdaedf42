// How messages are cut into parts: `u16 LE kind | body`, bit 15 of the kind set where the message
// goes on in the next part. Over a channel each part is one sealed message.

import { PART } from "../limits.ts";
import { WireError } from "./codec.ts";

/** Set in a part's kind: the message goes on. */
const MORE = 1 << 15;
/** Bytes of the kind. */
const KIND = 2;

export interface Message {
  readonly kind: number;
  readonly body: Uint8Array;
}

/** The parts of one message. */
export function parts(message: Message): Uint8Array<ArrayBuffer>[] {
  const all: Uint8Array<ArrayBuffer>[] = [];
  const { kind, body } = message;
  let at = 0;
  do {
    const end = Math.min(at + PART, body.length);
    const part = new Uint8Array(KIND + end - at);
    const flags = kind | (end < body.length ? MORE : 0);
    new DataView(part.buffer).setUint16(0, flags, true);
    part.set(body.subarray(at, end), KIND);
    all.push(part);
    at = end;
  } while (at < body.length);
  return all;
}

/** Joins parts to messages, within bounds. After an error nothing can be read any more. */
export class PartReader {
  readonly #max: number;
  #kind: number | null = null;
  #size = 0;
  #bodies: Uint8Array[] = [];

  /** `max`: bytes of a whole body. */
  constructor(max: number) {
    this.#max = max;
  }

  /** The message that this part makes whole, or `null` until more come. */
  push(part: Uint8Array): Message | null {
    if (part.length < KIND) throw new WireError("a part without a kind");
    const flags = (part[0] ?? 0) | ((part[1] ?? 0) << 8);
    const [kind, more] = [flags & ~MORE, (flags & MORE) !== 0];
    const body = part.subarray(KIND);
    if (body.length > PART) throw new WireError("a part is longer than its bound");
    if (more && body.length === 0) throw new WireError("an empty part that is not the last");
    if (this.#kind !== null && this.#kind !== kind) {
      throw new WireError("a message began before the one before was whole");
    }
    this.#size += body.length;
    if (this.#size > this.#max) throw new WireError("a message is longer than its bound");
    if (!more && this.#kind === null) {
      this.#size = 0;
      return { kind, body };
    }
    this.#bodies.push(body);
    this.#kind = kind;
    return more ? null : this.#whole(kind);
  }

  #whole(kind: number): Message {
    const body = new Uint8Array(this.#size);
    let at = 0;
    for (const piece of this.#bodies) {
      body.set(piece, at);
      at += piece.length;
    }
    this.#kind = null;
    this.#size = 0;
    this.#bodies = [];
    return { kind, body };
  }
}
