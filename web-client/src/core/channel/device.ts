// A device's end: from a hello to a pairing or a live channel, each step a value that the next one
// takes.

import { WireError } from "../wire/codec.ts";
import type { Message } from "../wire/frames.ts";
import { deviceHello, prologue, readDaemonHello, VERSIONS } from "./hello.ts";
import type { Bytes, Entropy, KeyPair, Ticket } from "./keys.ts";
import { MAX_EARLY } from "./limits.ts";
import { Handshake, PAIR, type Pattern, RESUME, type Sides } from "./noise.ts";
import { type Claim, claimMessage, codeOf, Joining } from "./pairing.ts";
import { Channel, EARLY, LIVE, type Room } from "./transport.ts";

/** The daemon speaks no version that this page does. Nobody vouches for it: it was in the clear. */
export class VersionError extends Error {
  override readonly name = "VersionError";

  constructor(readonly theirs: readonly number[]) {
    super(`the daemon speaks channel ${theirs.join(", ")}, this page ${VERSIONS.join(", ")}`);
  }
}

/** What a device has, and where it goes. */
export interface Knock {
  readonly own: KeyPair;
  /** Of the daemon: there is no other way to recognise it. */
  readonly daemon: Bytes;
  readonly entropy: Entropy;
}

/** The hello is out. */
export class Greeting {
  readonly hello: Bytes;
  readonly #pattern: Pattern;
  readonly #sides: Sides;

  private constructor(hello: Bytes, pattern: Pattern, sides: Sides) {
    this.hello = hello;
    this.#pattern = pattern;
    this.#sides = sides;
  }

  static pair(knock: Knock, ticket: Ticket): Greeting {
    const hello = deviceHello(ticket.id, knock.entropy);
    return new Greeting(hello, PAIR, { ...knock, psk: ticket.psk });
  }

  /** `psk` is what the daemon gave this device. */
  static resume(knock: Knock, psk: CryptoKey): Greeting {
    return new Greeting(deviceHello(null, knock.entropy), RESUME, { ...knock, psk });
  }

  /** Reads the daemon's hello. The handshake's `message` is to be sent. */
  async greeted(hello: Bytes): Promise<Handshake> {
    const { chosen, versions } = readDaemonHello(hello);
    if (chosen === null) throw new VersionError(versions);
    if (!VERSIONS.includes(chosen)) throw new WireError("a version that was not offered");
    const said = await prologue(this.hello, hello);
    return Handshake.begin(this.#pattern, this.#sides, said);
  }
}

/** Reads the daemon's handshake message. Returns the claim to send, sealed. */
export async function answeredPairing(
  handshake: Handshake,
  answer: Bytes,
  claim: Claim,
): Promise<[Bytes, Joining]> {
  const { channel, code } = await finish(handshake, answer, EARLY);
  return [await only(channel, claimMessage(claim)), new Joining(channel, code)];
}

/** Reads the daemon's handshake message. `first`, which confirms it, is returned sealed. */
export async function answeredResuming(
  handshake: Handshake,
  answer: Bytes,
  first: Message,
): Promise<[Bytes, Channel]> {
  const { channel } = await finish(handshake, answer, LIVE);
  return [await only(channel, first), channel];
}

async function finish(handshake: Handshake, answer: Bytes, room: Room) {
  const finished = await handshake.finish(answer);
  return { channel: new Channel(finished, room), code: await codeOf(finished.hash) };
}

/** The first message, which is one part and not long. */
async function only(channel: Channel, message: Message): Promise<Bytes> {
  const [sealed, ...more] = await channel.seal(message);
  if (sealed === undefined || more.length > 0 || sealed.length > MAX_EARLY) {
    throw new RangeError("the first message is above its bound");
  }
  return sealed;
}
