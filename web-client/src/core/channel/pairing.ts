// What a device and a daemon say to each other while they are paired, and the device's side of it.

import {
  bool,
  bytes,
  fromCbor,
  names,
  optional,
  record,
  toCbor,
  u64,
  type Value,
  WireError,
} from "../wire/codec.ts";
import type { Message } from "../wire/frames.ts";
import * as texts from "../wire/texts.ts";
import { id, nothing } from "../wire/values.ts";
import { type Bytes, derive, takePsk } from "./keys.ts";
import type { Channel, End } from "./transport.ts";

export const role = names("View", "Type", "Manage");
export type Role = Value<typeof role>;

const claim = record({
  kind: [0, names("Native", "Browser")],
  name: [1, texts.device],
  agent: [2, texts.device],
  origin: [3, optional(texts.origin)],
});
const pending = record({ daemon: [0, texts.device], role: [1, role] });
const paired = record({
  device: [0, id],
  psk: [1, bytes],
  role: [2, role],
  expires: [3, optional(u64)],
  name: [4, texts.device],
});
const stored = record({ durable: [0, bool] });

/** What the page says about itself: for a person to read. */
export type Claim = Value<typeof claim>;
export type Pending = Value<typeof pending>;
/** What the device keeps; its key cannot be read out any more. */
export type Paired = Omit<Value<typeof paired>, "psk"> & { readonly psk: CryptoKey };

export function claimMessage(value: Claim): Message {
  return { kind: 1, body: toCbor(claim.write(value)) };
}

/** Six digits that both ends derive from their handshake: the page shows them. */
export async function codeOf(hash: Bytes): Promise<string> {
  const number = new DataView((await derive(hash, "abide/v1/code", 8)).buffer).getBigUint64(0);
  return String(number % 1_000_000n).padStart(6, "0");
}

/** What the page does next. */
export type Step =
  | { readonly type: "Show"; readonly code: string; readonly pending: Pending }
  /** Keep this, marked as not sure yet, read it back, and call `stored`. */
  | { readonly type: "Store"; readonly paired: Paired }
  | { readonly type: "Done" }
  | { readonly type: "Ended"; readonly why: End }
  | { readonly type: "Wait" };

type Stage = "Claimed" | "Shown" | "Given" | "Stored" | "Done";

/** A device that has claimed a ticket, until it is paired. */
export class Joining {
  readonly #channel: Channel;
  readonly #code: string;
  #stage: Stage = "Claimed";

  constructor(channel: Channel, code: string) {
    this.#channel = channel;
    this.#code = code;
  }

  /** Throws where the channel broke, or the daemon said what does not belong here. */
  async receive(sealed: Bytes): Promise<Step> {
    const opened = await this.#channel.open(sealed);
    if (opened.type === "Ended") return opened;
    if (opened.message === null) throw new WireError("a message of a pairing is one part");
    return this.#step(opened.message);
  }

  /** What was given is kept and was read back. Returns the message to send. */
  async stored(durable: boolean): Promise<Bytes[]> {
    if (this.#stage !== "Given") throw new WireError("nothing was given yet");
    this.#stage = "Stored";
    return this.#channel.seal({ kind: 2, body: toCbor(stored.write({ durable })) });
  }

  async #step({ kind, body }: Message): Promise<Step> {
    const stage = this.#stage;
    if (kind === 1 && stage === "Claimed") {
      this.#stage = "Shown";
      return { type: "Show", code: this.#code, pending: pending.read(fromCbor(body)) };
    }
    // A device that comes again may find that it was approved meanwhile.
    if (kind === 2 && (stage === "Claimed" || stage === "Shown")) {
      this.#stage = "Given";
      const { psk, ...rest } = paired.read(fromCbor(body));
      if (psk.length !== 32) throw new WireError("a key has 32 bytes");
      const key = await takePsk(new Uint8Array(psk));
      psk.fill(0);
      body.fill(0);
      return { type: "Store", paired: { ...rest, psk: key } };
    }
    if (kind === 3 && (stage === "Claimed" || stage === "Stored")) {
      nothing.read(fromCbor(body));
      this.#stage = "Done";
      return { type: "Done" };
    }
    if (kind >= 1 && kind <= 3) throw new WireError("a message of a pairing out of its order");
    return { type: "Wait" };
  }
}
