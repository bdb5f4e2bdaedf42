// What the page is about: pairing, or a daemon's sessions.

import { webSocket } from "../core/carrier.ts";
import { SYSTEM } from "../core/channel/keys.ts";
import type { Role } from "../core/channel/pairing.ts";
import { Connection, type ConnectionState } from "../core/connection.ts";
import type { SessionId } from "../core/ids.ts";
import { isOfThisVersion, type LinkEnd } from "../core/link.ts";
import type { SessionInfo, ToClient } from "../core/message.ts";
import { forgetDrafts } from "./drafts.ts";
import { note } from "./notes.svelte.ts";
import { Pairing } from "./pairing.svelte.ts";
import { seen } from "./seen.svelte.ts";
import { Sessions } from "./sessions.svelte.ts";
import { type Device, forget, load } from "./vault.ts";
import { ROLES } from "./words.ts";

/** For which build of the daemon the page has reloaded itself: once for each, not in a circle. */
const RELOADED = "reloaded";

/** A paired browser's work: one connection, and what is asked over it. */
export class Desk {
  state = $state.raw<ConnectionState>({ type: "Connecting", since: Date.now() });
  readonly device: Device;
  /** What the computer lets this device do now. */
  role = $state.raw<Role>("View");
  /** What is to be done so that there is a page tomorrow. */
  pageEnds = $state.raw<string | null>(null);
  readonly connection: Connection;
  readonly sessions: Sessions;
  /** The viewer of the session that is shown hears what comes. */
  readonly listeners = new Set<DeskListener>();
  /** A link has one viewer at a time: the one before leaves before the next one attaches. */
  #leave: () => void = () => undefined;

  constructor(device: Device, over: (end: LinkEnd) => void) {
    this.device = device;
    this.role = device.role;
    const knock = { own: device.own, daemon: device.daemon, entropy: SYSTEM };
    this.connection = new Connection(
      webSocket(location.origin),
      { knock, psk: device.psk },
      {
        state: (state) => {
          this.state = state;
          for (const listener of this.listeners) listener.state(state);
          if (state.type === "Over") over(state.end);
          // The daemon was updated under this page: it has another page to give.
          if (state.type === "Live" && !isOfThisVersion(state.agent)) reloadOnce(state.agent);
        },
        message: (message) => {
          if (message.type === "Notice") note(message.text);
          if (message.type === "Granted") this.#granted(message.role);
          if (message.type === "PageEnds") this.pageEnds = message.text;
          for (const listener of this.listeners) listener.message(message);
        },
        seen: () => seen.page,
      },
    );
    this.sessions = new Sessions(this.connection);
  }

  #granted(role: Role): void {
    if (role !== this.role) note(`This device may ${ROLES[role]} now.`);
    this.role = role;
    // It comes first on a link, and what is so of the page after it.
    this.pageEnds = null;
  }

  /** A viewer comes; `leave` is called when the next one does. */
  enter(leave: () => void): void {
    this.#leave();
    this.#leave = leave;
  }
}

export interface DeskListener {
  state(state: ConnectionState): void;
  message(message: ToClient): void;
}

export type View =
  | { readonly type: "Loading" }
  | { readonly type: "Unpaired"; readonly text: string | null }
  | { readonly type: "Pairing"; readonly pairing: Pairing; readonly replaces: Device | null }
  | { readonly type: "Desk"; readonly desk: Desk }
  | { readonly type: "Refused"; readonly device: Device; readonly text: string };

class App {
  view = $state.raw<View>({ type: "Loading" });
  /** Name of the session in the address; empty: the list. */
  session = $state("");
  /** The page goes by itself, and asks nobody. */
  reloading = false;
  /** The session that this name was of when it was last shown here; its name may be another by now. */
  id = $state<SessionId | null>(null);

  async start(): Promise<void> {
    // The secret leaves the address, and with it the history of the browser, before anything else.
    const fragment = location.hash.slice(1);
    const link = location.pathname === "/p" && fragment !== "" ? location.href : null;
    if (location.pathname !== "/") history.replaceState(null, "", "/");
    addEventListener("hashchange", () => this.#route());
    document.addEventListener("visibilitychange", () => !document.hidden && this.#wake());
    for (const event of ["online", "pageshow"]) addEventListener(event, () => this.#wake());
    // What may come back keeps what it has at the daemon for a while.
    addEventListener("pagehide", ({ persisted }) => !persisted && this.close());
    const device = await load().catch(() => null);
    if (link !== null) this.pair(link, device);
    else if (device !== null) this.open(device);
    else this.view = { type: "Unpaired", text: null };
  }

  pair(link: string, replaces: Device | null): void {
    const pairing = new Pairing(link, (device, endPairing) => {
      const desk = this.open(device);
      // A device that is in memory only lives as long as it has a link.
      const listener: DeskListener = {
        state: (state) => {
          if (state.type === "Live" || state.type === "Over") {
            endPairing();
            desk.listeners.delete(listener);
          }
        },
        message: () => undefined,
      };
      desk.listeners.add(listener);
    });
    this.view = { type: "Pairing", pairing, replaces };
  }

  open(device: Device): Desk {
    this.close();
    const desk = new Desk(device, (end) => this.#over(device, end));
    this.view = { type: "Desk", desk };
    this.#route();
    desk.connection.start();
    return desk;
  }

  go(session: string): void {
    const hash = session === "" ? "#/" : `#/${encodeURIComponent(session)}`;
    if (location.hash !== hash) location.hash = hash;
    this.#route();
  }

  /** The session in the address is this one: a reload finds it by its id, whatever its name is then. */
  settle({ id, name }: SessionInfo): void {
    if (this.id === id && this.session === name) return;
    history.replaceState({ session: id }, "", `#/${encodeURIComponent(name)}`);
    this.#route();
  }

  async unpair(): Promise<void> {
    this.close();
    forgetDrafts();
    await forget();
    this.view = { type: "Unpaired", text: null };
  }

  close(): void {
    if (this.view.type === "Desk") this.view.desk.connection.stop();
    if (this.view.type === "Pairing") this.view.pairing.close();
  }

  #route(): void {
    const name = location.hash.startsWith("#/") ? location.hash.slice(2) : "";
    try {
      this.session = decodeURIComponent(name);
    } catch {
      this.session = "";
    }
    this.id = history.state?.session ?? null;
  }

  #wake(): void {
    if (this.view.type !== "Desk") return;
    this.view.desk.connection.wake();
    this.view.desk.sessions.wake();
  }

  #over(device: Device, end: LinkEnd): void {
    if (end.type === "Version" && reloadOnce(end.line)) return;
    this.view = { type: "Refused", device, text: refusal(end) };
  }
}

function refusal(end: LinkEnd): string {
  if (end.type === "Garbled") {
    return "What the computer sends cannot be read here. Reload this page; if that does not help, update Abide on the computer and type there: abide daemon restart";
  }
  if (end.type === "Version") {
    return `This page and the computer do not go together (${end.line}). Update Abide on the computer, then reload.`;
  }
  const why = end.type === "Ended" && end.why === "Expired" ? "Its time is over." : "";
  const revoked = end.type === "Ended" && end.why === "Revoked" ? "It was revoked." : "";
  return `The computer does not know this device any more. ${why}${revoked} To pair it again, type there: abide pair`;
}

/** Whether the page goes: another build of the daemon serves another page. */
function reloadOnce(build: string): boolean {
  try {
    if (sessionStorage.getItem(RELOADED) === build) return false;
    sessionStorage.setItem(RELOADED, build);
  } catch {
    // Where nothing is kept, it could go in a circle.
    note("Abide was updated on the computer: reload this page.");
    return false;
  }
  app.reloading = true;
  location.reload();
  return true;
}

export const app = new App();
