// AESGCM as Noise has it: a key, and a counter as nonce.

import type { Bytes } from "./keys.ts";

/** The counter of a rekey: 2^64 - 1. */
const REKEY = 2n ** 64n - 1n;
const NOTHING = new Uint8Array(0);

/** One direction's key and counter. */
export class Cipher {
  #key: CryptoKey;
  #next = 0n;

  private constructor(key: CryptoKey) {
    this.#key = key;
  }

  /** Overwrites the bytes of the key. */
  static async of(key: Bytes): Promise<Cipher> {
    return new Cipher(await importKey(key));
  }

  async seal(plain: Uint8Array<ArrayBuffer>, ad: Bytes = NOTHING): Promise<Bytes> {
    const algorithm = parameters(this.#next, ad);
    this.#next += 1n;
    return new Uint8Array(await crypto.subtle.encrypt(algorithm, this.#key, plain));
  }

  /** Throws where the message is not what the peer sealed next. */
  async open(sealed: Uint8Array<ArrayBuffer>, ad: Bytes = NOTHING): Promise<Bytes> {
    const algorithm = parameters(this.#next, ad);
    this.#next += 1n;
    return new Uint8Array(await crypto.subtle.decrypt(algorithm, this.#key, sealed));
  }

  /** REKEY of the Noise specification; the counter goes on. */
  async rekey(): Promise<void> {
    const zeros = new Uint8Array(32);
    const sealed = await crypto.subtle.encrypt(parameters(REKEY, NOTHING), this.#key, zeros);
    this.#key = await importKey(new Uint8Array(sealed.slice(0, 32)));
  }
}

async function importKey(bytes: Bytes): Promise<CryptoKey> {
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  bytes.fill(0);
  return key;
}

function parameters(counter: bigint, ad: Bytes): AesGcmParams {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setBigUint64(4, counter);
  return { name: "AES-GCM", iv, additionalData: ad, tagLength: 128 };
}
