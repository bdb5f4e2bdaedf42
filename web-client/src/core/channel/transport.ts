// A live channel: what follows a finished handshake.
//
// Each message of the carrier is one part of a message, sealed. Counters are implicit, so a message
// that is lost, doubled, moved or changed makes the next one fail, and one failure ends the channel.

import { fromCbor, names, orUnknown, record, toCbor, WireError } from "../wire/codec.ts";
import { type Message, PartReader, parts } from "../wire/frames.ts";
import type { Cipher } from "./cipher.ts";
import type { Bytes } from "./keys.ts";
import {
  KIND,
  MAX_EARLY,
  MAX_MESSAGES,
  MAX_TO_DAEMON,
  MAX_TO_DEVICE,
  MAX_TRANSPORT,
  REKEY_AFTER,
  TAG,
} from "./limits.ts";
import type { Finished } from "./noise.ts";

/** Why a channel ends: told only to a peer that is authenticated. */
export type End = "Revoked" | "Expired" | "Rekeyed" | "Upgrade" | "Refused" | "Unknown";

const ENDS = names("Revoked", "Expired", "Rekeyed", "Upgrade", "Refused");
const end = record({ why: [0, orUnknown(ENDS, "Unknown" as const)] });
/** The kind of the message that ends a channel. */
const KIND_END = 0;

/** The channel is gone; close the carrier, there is nothing to tell. */
export class Broken extends Error {}

export type Opened =
  /** `null`: a part of a message that is not whole yet. */
  | { readonly type: "Message"; readonly message: Message | null }
  | { readonly type: "Ended"; readonly why: End };

/** Bytes of a whole message's body, by direction. */
export interface Room {
  readonly out: number;
  readonly back: number;
}

/** While a device is paired: as much as fits one early message. */
export const EARLY: Room = { out: MAX_EARLY - KIND - TAG, back: MAX_EARLY - KIND - TAG };
export const LIVE: Room = { out: MAX_TO_DAEMON, back: MAX_TO_DEVICE };

/** One end of a live channel. Only a finished handshake makes one. */
export class Channel {
  readonly #out: Direction;
  readonly #back: Direction;
  readonly #room: Room;
  readonly #parts: PartReader;
  #live = true;
  /** Messages are sealed and opened one after the other, in the order of the calls. */
  #sealing: Promise<unknown> = Promise.resolve();
  #opening: Promise<unknown> = Promise.resolve();

  constructor(finished: Finished, room: Room) {
    this.#out = new Direction(finished.out);
    this.#back = new Direction(finished.back);
    this.#room = room;
    this.#parts = new PartReader(room.back);
  }

  /** The messages of the carrier for one message of ours. */
  seal(message: Message): Promise<Bytes[]> {
    if (message.body.length > this.#room.out) throw new RangeError("a message above its bound");
    return this.#sealInOrder(parts(message));
  }

  /** The last message, which tells the peer why; nothing passes after it. */
  async end(why: Exclude<End, "Unknown">): Promise<Bytes[]> {
    const sealed = this.#sealInOrder(parts({ kind: KIND_END, body: toCbor(end.write({ why })) }));
    this.#live = false;
    return sealed;
  }

  /** Opens one message of the carrier. Throws `Broken` once, and from then on. */
  open(sealed: Bytes): Promise<Opened> {
    const opened = this.#opening.then(() => this.#open(sealed));
    this.#opening = opened.catch(() => undefined);
    return opened;
  }

  #sealInOrder(all: Bytes[]): Promise<Bytes[]> {
    if (!this.#live) return Promise.reject(new Broken("the channel is closed"));
    const sealed = this.#sealing.then(async () => {
      const messages: Bytes[] = [];
      for (const part of all) messages.push(await this.#out.seal(part));
      return messages;
    });
    this.#sealing = sealed.catch(() => undefined);
    return sealed;
  }

  async #open(sealed: Bytes): Promise<Opened> {
    if (!this.#live) throw new Broken("the channel is closed");
    try {
      const longest = Math.min(MAX_TRANSPORT, this.#room.back + KIND + TAG);
      if (sealed.length > longest) throw new WireError("a message above its bound");
      const part = await this.#back.open(sealed);
      if (part.length >= KIND && part[0] === KIND_END && part[1] === 0) {
        this.#live = false;
        return { type: "Ended", why: end.read(fromCbor(part.subarray(KIND))).why };
      }
      return { type: "Message", message: this.#parts.push(part) };
    } catch (error) {
      this.#live = false;
      throw new Broken("the encrypted channel is broken", { cause: error });
    }
  }
}

/** One direction's cipher, replaced as the channel asks for it. */
class Direction {
  readonly #cipher: Cipher;
  #count = 0;

  constructor(cipher: Cipher) {
    this.#cipher = cipher;
  }

  async seal(part: Bytes): Promise<Bytes> {
    const sealed = await this.#cipher.seal(part);
    await this.#counted();
    return sealed;
  }

  async open(sealed: Bytes): Promise<Bytes> {
    const part = await this.#cipher.open(sealed);
    await this.#counted();
    return part;
  }

  async #counted(): Promise<void> {
    this.#count += 1;
    if (this.#count >= MAX_MESSAGES) throw new Broken("the channel's keys have served their time");
    if (this.#count % REKEY_AFTER === 0) await this.#cipher.rekey();
  }
}
