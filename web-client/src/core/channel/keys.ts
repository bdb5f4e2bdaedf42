// Keys, and what is derived from them. Private keys and pre-shared keys are CryptoKeys that cannot
// be read out: script of this page can use them, and not copy them.

const ENCODER = new TextEncoder();
const NOTHING = new Uint8Array(0);

/** Bytes that WebCrypto takes. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** An X25519 key pair, with its public half as bytes. */
export interface KeyPair {
  readonly privateKey: CryptoKey;
  readonly publicKey: Bytes;
}

/** Where randomness comes from; tests bring their own. */
export interface Entropy {
  fill(bytes: Bytes): Bytes;
  ephemeral(): Promise<KeyPair>;
}

export const SYSTEM: Entropy = {
  fill: (bytes) => crypto.getRandomValues(bytes),
  ephemeral: () => newKeyPair(),
};

export async function newKeyPair(extractable = false): Promise<KeyPair> {
  const usages: KeyUsage[] = ["deriveBits"];
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, extractable, usages);
  const { privateKey, publicKey } = pair as CryptoKeyPair;
  return { privateKey, publicKey: new Uint8Array(await crypto.subtle.exportKey("raw", publicKey)) };
}

/** The shared secret; a result of zeros is an error of WebCrypto's own. */
export async function agree(own: CryptoKey, peer: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", peer, { name: "X25519" }, false, []);
  const algorithm = { name: "X25519", public: key };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, own, 256));
}

/** A secret that only goes into `expand`. */
export function hkdfKey(secret: Bytes): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
}

/** HKDF-SHA256, `length` bytes. */
export async function expand(
  key: CryptoKey,
  salt: Bytes,
  info: Bytes,
  length: number,
): Promise<Bytes> {
  const algorithm = { name: "HKDF", hash: "SHA-256", salt, info };
  return new Uint8Array(await crypto.subtle.deriveBits(algorithm, key, 8 * length));
}

/** HKDF with an empty salt and the label as info. */
export async function derive(secret: Bytes, label: string, length: number): Promise<Bytes> {
  return expand(await hkdfKey(secret), NOTHING, new Uint8Array(ENCODER.encode(label)), length);
}

export async function sha256(...pieces: Uint8Array[]): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", concat(...pieces)));
}

export function concat(...pieces: Uint8Array[]): Bytes {
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let at = 0;
  for (const piece of pieces) {
    all.set(piece, at);
    at += piece.length;
  }
  return all;
}

export function ascii(text: string): Bytes {
  return new Uint8Array(ENCODER.encode(text));
}

/** 16 random bytes of a ticket, from which its id and its key follow. */
export interface Ticket {
  readonly id: Bytes;
  readonly psk: CryptoKey;
}

/** Overwrites the secret. */
export async function ticketOf(secret: Bytes): Promise<Ticket> {
  const id = await derive(secret, "abide/v1/ticket-id", 16);
  const bytes = await derive(secret, "abide/v1/ticket-psk", 32);
  const psk = await takePsk(bytes);
  secret.fill(0);
  return { id, psk };
}

/** The pre-shared key as one that cannot be read out; its bytes are overwritten. */
export async function takePsk(bytes: Bytes): Promise<CryptoKey> {
  const key = await hkdfKey(bytes);
  bytes.fill(0);
  return key;
}
