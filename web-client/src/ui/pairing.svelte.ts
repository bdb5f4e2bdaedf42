// One attempt to pair this browser.

import { webSocket } from "../core/carrier.ts";
import { newKeyPair, SYSTEM, ticketOf } from "../core/channel/keys.ts";
import { LinkError, type LinkFault, type PairingLink, parseLink } from "../core/channel/link.ts";
import type { Paired, Role } from "../core/channel/pairing.ts";
import { type ClaimEnd, Claiming } from "../core/claiming.ts";
import { AGENT } from "../core/link.ts";
import { browserName } from "./browser.ts";
import { note } from "./notes.svelte.ts";
import { type Device, forget, keep } from "./vault.ts";

export type PairingState =
  | { readonly type: "Offer"; readonly host: string }
  | { readonly type: "Claiming" }
  | { readonly type: "Code"; readonly code: string; readonly daemon: string; readonly role: Role }
  | { readonly type: "Failed"; readonly text: string };

const FAULTS: Readonly<Record<LinkFault, string>> = {
  Shape:
    "This is no pairing link. On the computer, type: abide pair --link, and copy the whole line.",
  Address:
    "This link's address is none that a daemon gives out. Make a new one: abide pair --link.",
  Version:
    "This link is of a later version of Abide. Update the computer, or this page: reload it.",
  Damaged: "This link is damaged or mistyped. Copy it again, all of it.",
};

const ENDS: Readonly<Record<ClaimEnd, string>> = {
  NotAccepted:
    "The computer did not accept this link: it has expired, or was used. Type there: abide pair",
  Unreachable:
    "The computer cannot be reached. Check that this device is on its network, then try again.",
  Lost: "The connection broke while pairing. Type on the computer: abide pair",
  Refused: "The pairing was refused on the computer. To try again, type there: abide pair",
  Expired: "The time to pair is over. Type on the computer: abide pair",
  Revoked: "The pairing was taken back on the computer. To try again, type there: abide pair",
  Rekeyed: "The computer's key has changed. Type there: abide pair",
  Upgrade: "Abide is being updated on the computer. In a moment, type there: abide pair",
  Unknown: "The computer ended the pairing. Type there: abide pair",
};

/** Refused before there was a code to show. */
const USED =
  "This link was used before, or taken back on the computer. To pair this browser, type there: abide pair";

const KEEPS_NOTHING =
  "This browser keeps nothing for this page, so its pairing ends with this tab. Allow it to store data here (a private window may not), then pair again.";

export class Pairing {
  state = $state.raw<PairingState>({ type: "Claiming" });
  readonly #done: (device: Device, keepAlive: () => void) => void;
  #link: PairingLink | null = null;
  #claiming: Claiming | null = null;

  /** `done`: the device, and what ends the link on which it was paired. */
  constructor(text: string, done: (device: Device, endPairing: () => void) => void) {
    this.#done = done;
    void this.#read(text);
  }

  close(): void {
    this.#claiming?.close();
  }

  async #read(text: string): Promise<void> {
    try {
      const link = await parseLink(text);
      if (link.origin !== location.origin) {
        this.#fail(`This link leads to ${link.origin}: open it there.`);
        return;
      }
      this.#link = link;
      this.state = { type: "Offer", host: link.address.host };
    } catch (error) {
      this.#fail(error instanceof LinkError ? FAULTS[error.fault] : FAULTS.Damaged);
    }
  }

  /** The user has tapped: only now is the ticket claimed. */
  async claim(name: string): Promise<void> {
    const link = this.#link;
    if (link === null) return;
    this.#link = null;
    this.state = { type: "Claiming" };
    try {
      const made = await newKeyPair(true);
      const own = { ...made, privateKey: await locked(made.privateKey) };
      const knock = { own, daemon: link.daemon, entropy: SYSTEM };
      const ticket = await ticketOf(link.secret);
      const claim = { kind: "Browser" as const, name, agent: AGENT, origin: location.origin };
      let [daemonName, given] = ["", null as Device | null];
      const claiming = new Claiming(webSocket(link.origin), knock, ticket, claim, {
        show: (code, { daemon, role }) => {
          daemonName = daemon;
          this.state = { type: "Code", code, daemon, role };
        },
        store: async (paired) => {
          given = deviceOf(paired, own, link, daemonName);
          return location.protocol === "https:" && keep(given, made.privateKey);
        },
        done: () => void this.#finish(given, made.privateKey),
        failed: (why) => {
          if (given !== null) void forget();
          const used = why === "Refused" && this.state.type === "Claiming";
          this.#fail(used ? USED : ENDS[why]);
        },
      });
      this.#claiming = claiming;
    } catch (error) {
      this.#fail(`This browser cannot pair: ${error instanceof Error ? error.message : error}`);
    }
  }

  async #finish(given: Device | null, privateKey: CryptoKey): Promise<void> {
    if (given === null) return;
    const device = { ...given, sure: true };
    if (location.protocol === "https:") {
      if (!(await keep(device, privateKey)))
        note(KEEPS_NOTHING, { label: "OK", run: () => undefined });
      // Firefox asks its user, who may take long, or never answer: nothing here waits for it.
      navigator.storage?.persist?.().catch(() => undefined);
    }
    this.#done(device, () => this.close());
  }

  #fail(text: string): void {
    this.state = { type: "Failed", text };
  }
}

/** The same key, which cannot be read out. */
async function locked(extractable: CryptoKey): Promise<CryptoKey> {
  const bytes = new Uint8Array(await crypto.subtle.exportKey("pkcs8", extractable));
  const usages: KeyUsage[] = ["deriveBits"];
  const key = await crypto.subtle.importKey("pkcs8", bytes, { name: "X25519" }, false, usages);
  bytes.fill(0);
  return key;
}

function deviceOf(
  { device, name, role, expires, psk }: Paired,
  own: Device["own"],
  link: PairingLink,
  daemonName: string,
): Device {
  return { daemon: link.daemon, daemonName, device, name, role, expires, own, psk, sure: false };
}

export function proposedName(): string {
  return browserName(navigator.userAgent);
}
