// The clear hellos that come before the handshake. Their hashes go into it: who changes a byte of
// either makes it fail.

import { array, bytes, fromCbor, optional, record, toCbor, u32, WireError } from "../wire/codec.ts";
import { ascii, type Bytes, concat, type Entropy, sha256 } from "./keys.ts";
import { MAX_HELLO } from "./limits.ts";

/** Versions of the channel that this page speaks. */
export const VERSIONS: readonly number[] = [1];
const MAX_VERSIONS = 16;
const MAGIC = ascii("abide channel\n");
const PROLOGUE = ascii("abide channel 1\n");

export interface DaemonHello {
  readonly versions: readonly number[];
  /** `null`: there is no version in common, and the link ends. */
  readonly chosen: number | null;
  readonly challenge: Uint8Array;
}

const daemonHello = record({
  versions: [0, { read: versions }],
  chosen: [1, optional(u32)],
  challenge: [2, bytes],
});

function versions(raw: unknown): readonly number[] {
  const all = array(raw).map((version) => u32.read(version));
  const ascends = all.every((version, n) => n === 0 || version > (all[n - 1] ?? 0));
  if (all.length > MAX_VERSIONS || !ascends) throw new WireError("no list of versions");
  return all;
}

/** `ticket`: the one to claim; `null`: to resume. */
export function deviceHello(ticket: Bytes | null, entropy: Entropy): Bytes {
  const purpose = ticket === null ? [1, []] : [0, [ticket]];
  const nonce = entropy.fill(new Uint8Array(16));
  return concat(MAGIC, toCbor([VERSIONS, purpose, nonce]));
}

/** Nothing may follow a hello. */
export function readDaemonHello(message: Uint8Array): DaemonHello {
  const magic = message.subarray(0, MAGIC.length);
  if (message.length > MAX_HELLO || !magic.every((byte, n) => byte === MAGIC[n])) {
    throw new WireError("no hello");
  }
  const hello = daemonHello.read(fromCbor(message.subarray(MAGIC.length)));
  if (hello.challenge.length !== 32) throw new WireError("no hello");
  return hello;
}

/** What both ends put first into the handshake: the hellos as they went over the wire. */
export async function prologue(device: Bytes, daemon: Bytes): Promise<Bytes> {
  return concat(PROLOGUE, await sha256(device), await sha256(daemon));
}
