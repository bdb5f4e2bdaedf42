// The pairing link: an address, and behind the `#`, which browsers send to nobody, the daemon's key
// and the ticket's secret.

import { type Address, parseAddress } from "./address.ts";
import { ascii, type Bytes, sha256 } from "./keys.ts";
import { MAX_PAIRING_LINK } from "./limits.ts";

/** Between the address and the secret part. */
const PATH = "/p#";
/** Which form the secret part has. */
const VERSION = "v1.";
/** Bytes that tell a mistyped link from a good one. */
const CHECK = 4;
/** Bytes of the secret part: key, secret, check. */
const LENGTH = 32 + 16 + CHECK;

export interface PairingLink {
  readonly address: Address;
  readonly origin: string;
  readonly daemon: Bytes;
  /** Overwritten when its ticket is made. */
  readonly secret: Bytes;
}

/** Why a text is no pairing link; says nothing about its secret. */
export type LinkFault = "Shape" | "Address" | "Version" | "Damaged";

export class LinkError extends Error {
  constructor(readonly fault: LinkFault) {
    super(`no pairing link: ${fault}`);
  }
}

/** Blanks around a link do not count. */
export async function parseLink(given: string): Promise<PairingLink> {
  const text = given.trim();
  const at = text.indexOf(PATH);
  if (text.length > MAX_PAIRING_LINK || at < 0) throw new LinkError("Shape");
  const [origin, rest] = [text.slice(0, at), text.slice(at + PATH.length)];
  if (!rest.startsWith(VERSION)) {
    throw new LinkError(/^v.*\./.test(rest) ? "Version" : "Shape");
  }
  const address = parseAddress(origin);
  if (address === null) throw new LinkError("Address");
  const bytes = fromBase64Url(rest.slice(VERSION.length));
  if (bytes === null || bytes.length !== LENGTH) throw new LinkError("Damaged");
  const [daemon, secret] = [bytes.slice(0, 32), bytes.slice(32, 48)];
  const sum = await sha256(ascii("abide/v1/link"), daemon, secret, ascii(origin));
  if (!bytes.slice(48).every((byte, n) => byte === sum[n])) throw new LinkError("Damaged");
  bytes.fill(0);
  return { address, origin, daemon, secret };
}

/** Without padding, in its one form; `null` for anything else. */
function fromBase64Url(text: string): Bytes | null {
  if (!/^[A-Za-z0-9_-]*$/.test(text)) return null;
  try {
    const binary = atob(text.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = new Uint8Array(binary.length);
    for (let n = 0; n < bytes.length; n += 1) bytes[n] = binary.charCodeAt(n);
    return toBase64Url(binary) === text ? bytes : null;
  } catch {
    return null;
  }
}

function toBase64Url(binary: string): string {
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}
