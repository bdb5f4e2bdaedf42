// The device's end of Noise IK with a pre-shared key. Payloads are empty: everything that is said
// travels in transport messages.

import { Cipher } from "./cipher.ts";
import {
  agree,
  ascii,
  type Bytes,
  concat,
  type Entropy,
  expand,
  hkdfKey,
  type KeyPair,
  sha256,
} from "./keys.ts";

/** To claim a ticket the key goes into the first message, to resume into the second. */
export type Pattern = "Noise_IKpsk1_25519_AESGCM_SHA256" | "Noise_IKpsk2_25519_AESGCM_SHA256";
export const PAIR: Pattern = "Noise_IKpsk1_25519_AESGCM_SHA256";
export const RESUME: Pattern = "Noise_IKpsk2_25519_AESGCM_SHA256";

/** Bytes of the daemon's handshake message: its ephemeral key and an empty sealed payload. */
const ANSWER = 32 + 16;
const NOTHING = new Uint8Array(0);

/** What a finished handshake leaves. */
export interface Finished {
  readonly out: Cipher;
  readonly back: Cipher;
  /** The hash of all that was said: the same at both ends, and different every time. */
  readonly hash: Bytes;
}

/** What a device brings to a handshake. */
export interface Sides {
  readonly own: KeyPair;
  readonly daemon: Bytes;
  readonly psk: CryptoKey;
  readonly entropy: Entropy;
}

/** Chaining key, hash and cipher while the handshake lasts. */
class Symmetric {
  #chain: Bytes;
  #hash: Bytes;
  #cipher: Cipher | null = null;

  private constructor(start: Bytes) {
    this.#chain = start;
    this.#hash = start;
  }

  static async of(pattern: Pattern, prologue: Bytes): Promise<Symmetric> {
    const name = ascii(pattern);
    const start =
      name.length <= 32 ? concat(name, new Uint8Array(32 - name.length)) : await sha256(name);
    const state = new Symmetric(start);
    await state.mixHash(prologue);
    return state;
  }

  get hash(): Bytes {
    return this.#hash;
  }

  async mixHash(data: Uint8Array): Promise<void> {
    this.#hash = await sha256(this.#hash, data);
  }

  async mixKey(material: Bytes): Promise<void> {
    const bytes = await expand(await hkdfKey(material), this.#chain, NOTHING, 64);
    this.#chain = bytes.slice(0, 32);
    this.#cipher = await Cipher.of(bytes.slice(32));
  }

  async mixKeyAndHash(psk: CryptoKey): Promise<void> {
    const bytes = await expand(psk, this.#chain, NOTHING, 96);
    this.#chain = bytes.slice(0, 32);
    await this.mixHash(bytes.subarray(32, 64));
    this.#cipher = await Cipher.of(bytes.slice(64));
  }

  async seal(plain: Bytes): Promise<Bytes> {
    const sealed = await this.#live.seal(plain, this.#hash);
    await this.mixHash(sealed);
    return sealed;
  }

  async open(sealed: Bytes): Promise<Bytes> {
    const plain = await this.#live.open(sealed, this.#hash);
    await this.mixHash(sealed);
    return plain;
  }

  async split(): Promise<Finished> {
    const bytes = await expand(await hkdfKey(NOTHING), this.#chain, NOTHING, 64);
    const [out, back] = [await Cipher.of(bytes.slice(0, 32)), await Cipher.of(bytes.slice(32))];
    return { out, back, hash: this.#hash };
  }

  get #live(): Cipher {
    if (this.#cipher === null) throw new Error("sealed before there was a key");
    return this.#cipher;
  }
}

/** The first message is written. */
export class Handshake {
  readonly message: Bytes;
  readonly #state: Symmetric;
  readonly #pattern: Pattern;
  readonly #sides: Sides;
  readonly #ephemeral: KeyPair;

  private constructor(
    message: Bytes,
    state: Symmetric,
    pattern: Pattern,
    sides: Sides,
    ephemeral: KeyPair,
  ) {
    this.message = message;
    this.#state = state;
    this.#pattern = pattern;
    this.#sides = sides;
    this.#ephemeral = ephemeral;
  }

  /** `-> e, es, s, ss`, with the key of a ticket behind them. */
  static async begin(pattern: Pattern, sides: Sides, prologue: Bytes): Promise<Handshake> {
    const { own, daemon, psk, entropy } = sides;
    const state = await Symmetric.of(pattern, prologue);
    await state.mixHash(daemon);
    const ephemeral = await entropy.ephemeral();
    await mixPublic(state, ephemeral.publicKey);
    await state.mixKey(await agree(ephemeral.privateKey, daemon));
    const sealed = await state.seal(own.publicKey);
    await state.mixKey(await agree(own.privateKey, daemon));
    if (pattern === PAIR) await state.mixKeyAndHash(psk);
    const payload = await state.seal(NOTHING);
    const message = concat(ephemeral.publicKey, sealed, payload);
    return new Handshake(message, state, pattern, sides, ephemeral);
  }

  /** `<- e, ee, se`, with the key of a device behind them. Throws where it does not fit. */
  async finish(answer: Bytes): Promise<Finished> {
    if (answer.length !== ANSWER) throw new RangeError("a handshake message of another length");
    const peer = answer.slice(0, 32);
    await mixPublic(this.#state, peer);
    await this.#state.mixKey(await agree(this.#ephemeral.privateKey, peer));
    await this.#state.mixKey(await agree(this.#sides.own.privateKey, peer));
    if (this.#pattern === RESUME) await this.#state.mixKeyAndHash(this.#sides.psk);
    await this.#state.open(answer.slice(32));
    return this.#state.split();
  }
}

/** With a pre-shared key in the pattern, an ephemeral key goes into the chain, too. */
async function mixPublic(state: Symmetric, key: Bytes): Promise<void> {
  await state.mixHash(key);
  await state.mixKey(key);
}
