// Whole conversations with the daemon, byte by byte as Rust has them.

import { beforeAll, describe, expect, test } from "vitest";

import { hex, unhex } from "../ids.ts";
import { vectors } from "../testing/vectors.ts";
import { toCbor } from "../wire/codec.ts";
import { PartReader } from "../wire/frames.ts";
import { answeredPairing, answeredResuming, Greeting, type Knock, VersionError } from "./device.ts";
import { type Bytes, concat, type Entropy, hkdfKey, type KeyPair, ticketOf } from "./keys.ts";
import { LinkError, parseLink } from "./link.ts";
import type { Claim, Joining } from "./pairing.ts";
import { Broken, type Channel } from "./transport.ts";

interface Said {
  readonly from: "device" | "daemon";
  readonly hex: string;
  readonly what: string;
  readonly part?: string;
}

interface Conversation {
  readonly keys: {
    readonly daemon: { readonly public: string };
    readonly device: {
      readonly private: string;
      readonly public: string;
      readonly ephemeral: string;
      readonly nonce: string;
    };
  };
  readonly messages: readonly Said[];
}

interface File {
  readonly links: {
    readonly daemon: string;
    readonly secret: string;
    readonly links: readonly { readonly address: string; readonly text: string }[];
  };
  readonly pair: Conversation & {
    readonly code: string;
    readonly secret: string;
    readonly ticket: string;
    readonly paired: { readonly device: string; readonly psk: string };
  };
  readonly resume: Conversation & {
    readonly psk: string;
    readonly "the daemon's end (rekeyed), after its part": string;
    readonly "the device's part again, as its message of this number": readonly {
      readonly hex: string;
      readonly number: number;
    }[];
  };
}

const { links, pair, resume } = vectors<File>("latest/channel.json");
const CLAIM: Claim = {
  kind: "Browser",
  name: "phone",
  agent: "Firefox 150",
  origin: "https://desk.example.org:7443",
};

/** What WebCrypto wants in front of a private key. */
const PKCS8 = unhex("302e020100300506032b656e04220420");

async function keyPair(secret: Bytes): Promise<KeyPair> {
  const usages: KeyUsage[] = ["deriveBits"];
  const pkcs8 = concat(PKCS8, secret);
  const own = await crypto.subtle.importKey("pkcs8", pkcs8, { name: "X25519" }, true, usages);
  const { x } = (await crypto.subtle.exportKey("jwk", own)) as { x: string };
  const privateKey = await crypto.subtle.importKey(
    "pkcs8",
    pkcs8,
    { name: "X25519" },
    false,
    usages,
  );
  const base64 = x.replaceAll("-", "+").replaceAll("_", "/");
  return { privateKey, publicKey: Uint8Array.from(atob(base64), (char) => char.charCodeAt(0)) };
}

async function knock({ keys }: Conversation): Promise<Knock> {
  const ephemeral = await keyPair(unhex(keys.device.ephemeral));
  const entropy: Entropy = {
    fill: (bytes) => {
      bytes.set(unhex(keys.device.nonce));
      return bytes;
    },
    ephemeral: () => Promise.resolve(ephemeral),
  };
  const own = await keyPair(unhex(keys.device.private));
  expect(hex(own.publicKey)).toBe(keys.device.public);
  return { own, daemon: unhex(keys.daemon.public), entropy };
}

function said({ messages }: Conversation, from: Said["from"], what: string): Bytes {
  const found = messages.find((message) => message.from === from && message.what === what);
  if (found === undefined) throw new Error(`no ${what} of the ${from}`);
  return unhex(found.hex);
}

async function joining(changed = (bytes: Bytes) => bytes): Promise<[Bytes, Joining]> {
  const ticket = await ticketOf(unhex(pair.secret));
  const greeting = Greeting.pair(await knock(pair), ticket);
  const handshake = await greeting.greeted(said(pair, "daemon", "hello"));
  return answeredPairing(handshake, changed(said(pair, "daemon", "handshake")), CLAIM);
}

async function live(): Promise<[Bytes, Channel]> {
  const greeting = Greeting.resume(await knock(resume), await hkdfKey(unhex(resume.psk)));
  const handshake = await greeting.greeted(said(resume, "daemon", "hello"));
  return answeredResuming(handshake, said(resume, "daemon", "handshake"), partOfDevice());
}

function partOfDevice() {
  const part = resume.messages.find((message) => message.from === "device" && message.part);
  const message = new PartReader(1000).push(unhex(part?.part ?? ""));
  if (message === null) throw new Error("the device's part is whole");
  return message;
}

describe("pairing", () => {
  test("says what Rust says, and shows the code", async () => {
    const ticket = await ticketOf(unhex(pair.secret));
    expect(hex(ticket.id)).toBe(pair.ticket);
    const greeting = Greeting.pair(await knock(pair), ticket);
    expect(hex(greeting.hello)).toBe(hex(said(pair, "device", "hello")));
    const handshake = await greeting.greeted(said(pair, "daemon", "hello"));
    expect(hex(handshake.message)).toBe(hex(said(pair, "device", "handshake")));

    const [claim, joining] = await answeredPairing(
      handshake,
      said(pair, "daemon", "handshake"),
      CLAIM,
    );
    expect(hex(claim)).toBe(hex(said(pair, "device", "claim")));
    const show = await joining.receive(said(pair, "daemon", "pending"));
    expect(show).toMatchObject({ type: "Show", code: pair.code });
    const store = await joining.receive(said(pair, "daemon", "paired"));
    expect(store).toMatchObject({ type: "Store", paired: { device: pair.paired.device } });
    const [stored] = await joining.stored(true);
    expect(stored).toEqual(said(pair, "device", "stored"));
    expect(await joining.receive(said(pair, "daemon", "kept"))).toEqual({ type: "Done" });
  });

  test("its key cannot be read out", async () => {
    const [, own] = await joining();
    await own.receive(said(pair, "daemon", "pending"));
    const store = await own.receive(said(pair, "daemon", "paired"));
    if (store.type !== "Store") throw new Error(store.type);
    expect(store.paired.psk.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("raw", store.paired.psk)).rejects.toThrow();
  });

  test("a secret is overwritten when its ticket is made", async () => {
    const secret = unhex(pair.secret);
    await ticketOf(secret);
    expect([...secret]).toEqual(Array(16).fill(0));
  });

  test("a handshake message that was changed anywhere is refused", async () => {
    const good = said(pair, "daemon", "handshake");
    for (let at = 0; at < good.length; at += 1) {
      await expect(joining((bytes) => flipped(bytes, at))).rejects.toThrow();
    }
    await expect(joining((bytes) => bytes.slice(1))).rejects.toThrow();
  });

  test("messages out of their order are refused", async () => {
    const [, own] = await joining();
    await expect(own.receive(said(pair, "daemon", "paired"))).rejects.toThrow(Broken);
    await expect(own.stored(true)).rejects.toThrow();
  });
});

describe("resuming", () => {
  test("says what Rust says, both ways, and how it ended", async () => {
    const [first, channel] = await live();
    expect(hex(first)).toBe(hex(said(resume, "device", "part")));
    const opened = await channel.open(said(resume, "daemon", "part"));
    expect(opened).toMatchObject({ type: "Message", message: { kind: 2 } });
    const ended = await channel.open(unhex(resume["the daemon's end (rekeyed), after its part"]));
    expect(ended).toEqual({ type: "Ended", why: "Rekeyed" });
    await expect(channel.open(said(resume, "daemon", "part"))).rejects.toThrow(Broken);
    await expect(channel.seal(partOfDevice())).rejects.toThrow(Broken);
  });

  test("keys are replaced after 65,536 messages", { timeout: 120_000 }, async () => {
    const [, channel] = await live();
    const expected = new Map(
      resume["the device's part again, as its message of this number"].map(({ hex, number }) => [
        number,
        hex,
      ]),
    );
    // The first was sealed with the handshake.
    for (let number = 2; number <= Math.max(...expected.keys()); number += 1) {
      const [sealed] = await channel.seal(partOfDevice());
      const known = expected.get(number);
      if (known !== undefined && sealed !== undefined) expect(hex(sealed)).toBe(known);
      expected.delete(number);
    }
    expect(expected.size).toBe(0);
  });

  test("a message that was changed anywhere ends the channel", async () => {
    const good = said(resume, "daemon", "part");
    for (let at = 0; at < good.length; at += 1) {
      const [, channel] = await live();
      await expect(channel.open(flipped(good, at))).rejects.toThrow(Broken);
      await expect(channel.open(good)).rejects.toThrow(Broken);
    }
  });

  test("messages are sealed in the order of the calls", async () => {
    const [, one] = await live();
    const [, other] = await live();
    const together = await Promise.all(
      [1, 2, 3].map((kind) => one.seal({ kind, body: new Uint8Array(kind) })),
    );
    for (const [n, sealed] of together.entries()) {
      expect(sealed).toEqual(await other.seal({ kind: n + 1, body: new Uint8Array(n + 1) }));
    }
  });

  test("what is too long is not sealed", async () => {
    const [, channel] = await live();
    expect(() => channel.seal({ kind: 1, body: new Uint8Array((64 << 10) + 1) })).toThrow(
      RangeError,
    );
  });
});

describe("hellos", () => {
  let greeting: Greeting;
  const good = said(resume, "daemon", "hello");
  beforeAll(async () => {
    greeting = Greeting.resume(await knock(resume), await hkdfKey(new Uint8Array(32)));
  });

  test.each([
    ["cut", good.slice(0, -1)],
    ["without its first byte", good.slice(1)],
    ["with a byte behind it", concat(good, new Uint8Array(1))],
    ["too long", concat(good, new Uint8Array(300))],
    ["nothing", new Uint8Array(0)],
  ])("one that is %s is refused", async (_, hello) => {
    await expect(greeting.greeted(hello)).rejects.toThrow();
  });

  test("a daemon without a version in common says its own", async () => {
    const hello = concat(good.slice(0, 14), toCbor([[2, 3], null, new Uint8Array(32)]));
    await expect(greeting.greeted(hello)).rejects.toThrow(VersionError);
    await expect(greeting.greeted(hello)).rejects.toMatchObject({ theirs: [2, 3] });
  });
});

describe("links", () => {
  test.each(links.links)("$address", async ({ address, text }) => {
    const link = await parseLink(` ${text}\n`);
    expect(link.origin).toBe(address);
    expect(hex(link.daemon)).toBe(links.daemon);
    expect(hex(link.secret)).toBe(links.secret);
  });

  const good = links.links[0]?.text ?? "";
  test.each([
    ["", "Shape"],
    ["https://desk", "Shape"],
    ["https://desk/p#", "Shape"],
    ["https://desk/p#v2.AAAA", "Version"],
    ["https://desk/p#v1.", "Damaged"],
    [good.replace("desk", "Desk"), "Address"],
    [good.replace("desk", "desc"), "Damaged"],
    [good.replace("/p#", "/q#"), "Shape"],
    [good.slice(0, -1), "Damaged"],
    [`${good}A`, "Damaged"],
    [`${good}=`, "Damaged"],
    [good.replace("https://desk.example.org", "https://desk.example.org:443"), "Address"],
    [good.replace("https://desk.example.org", "http://127.0.0.2"), "Address"],
    [good.replace("https://desk.example.org", "https://127.1"), "Address"],
    [good.replace("https://desk.example.org", "https://[0:0::1]"), "Address"],
    ["x".repeat(513), "Shape"],
  ])("%s is a fault with a name: %s", async (text, fault) => {
    await expect(parseLink(text)).rejects.toThrow(LinkError);
    await expect(parseLink(text)).rejects.toMatchObject({ fault });
  });

  test("any slip is noticed", async () => {
    for (let at = 0; at < good.length; at += 1) {
      const other = good[at] === "x" ? "y" : "x";
      await expect(parseLink(good.slice(0, at) + other + good.slice(at + 1))).rejects.toThrow(
        LinkError,
      );
    }
  });
});

function flipped(bytes: Bytes, at: number): Bytes {
  const changed = bytes.slice();
  changed[at] = (changed[at] ?? 0) ^ 1;
  return changed;
}
