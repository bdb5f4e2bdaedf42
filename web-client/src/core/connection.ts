// The page's connection to its daemon across links: it comes back by itself, at once where there is
// reason to hope, else with jittered back-off.

import { backoff } from "./backoff.ts";
import type { Dial } from "./carrier.ts";
import { type Credentials, Link, LinkDown, type LinkEnd } from "./link.ts";
import type { Answer, Request, ToClient, ToServer } from "./message.ts";

export type ConnectionState =
  | { readonly type: "Connecting"; readonly since: number }
  /** `agent`: the daemon's build. */
  | { readonly type: "Live"; readonly agent: string }
  /** Down until the next attempt. */
  | { readonly type: "Waiting"; readonly since: number }
  /** Nothing will change by trying again. */
  | { readonly type: "Over"; readonly end: LinkEnd };

export interface ConnectionEvents {
  state(state: ConnectionState): void;
  message(message: ToClient): void;
  /** Whether the page is seen: one that is hidden waits until it wakes. */
  seen(): boolean;
}

/** Milliseconds in which a link that is in doubt has to answer. */
const DOUBT = 3_000;
/** Milliseconds after which an attempt is made anew when the page wakes. */
const STALLED = 1_000;
/** Milliseconds within which a second link with what cannot be read is the last. */
const GARBLED = 60_000;

export class Connection {
  readonly #dial: Dial;
  readonly #credentials: Credentials;
  readonly #events: ConnectionEvents;
  #link: Link | null = null;
  #state: ConnectionState = { type: "Over", end: { type: "Lost", live: false } };
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** When the last live link was lost, or the first attempt made. */
  #downSince = 0;
  /** When the last attempt was made. */
  #dialled = 0;
  /** When a link last brought what could not be read. */
  #garbled = Number.NEGATIVE_INFINITY;

  constructor(dial: Dial, credentials: Credentials, events: ConnectionEvents) {
    this.#dial = dial;
    this.#credentials = credentials;
    this.#events = events;
  }

  get state(): ConnectionState {
    return this.#state;
  }

  start(): void {
    this.#failures = 0;
    this.#downSince = Date.now();
    this.#connect();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const link = this.#link;
    this.#link = null;
    link?.leave();
  }

  /** The page is visible again, the network is back: no reason to wait, and to trust the link. */
  wake(): void {
    if (this.#state.type === "Waiting") {
      this.#failures = 0;
      this.#connect();
    } else if (this.#state.type === "Live") {
      this.#doubt();
    } else if (this.#state.type === "Connecting" && Date.now() - this.#dialled >= STALLED) {
      this.#connect();
    }
  }

  /** Dropped where there is no live link: its sender hears of it by the state. */
  send(message: ToServer): void {
    this.#link?.send(message);
  }

  request(request: Request): Promise<Answer> {
    return this.#link?.request(request) ?? Promise.reject(new LinkDown("not connected"));
  }

  /** Milliseconds to the daemon and back. */
  async roundTrip(): Promise<number> {
    const before = performance.now();
    await this.request({ type: "List" });
    return performance.now() - before;
  }

  #connect(): void {
    clearTimeout(this.#timer);
    const before = this.#link;
    this.#link = null;
    before?.close();
    if (this.#state.type === "Live") this.#downSince = Date.now();
    this.#dialled = Date.now();
    this.#enter({ type: "Connecting", since: this.#downSince });
    const link: Link = new Link(this.#dial, this.#credentials, {
      live: (agent) => {
        this.#failures = 0;
        this.#enter({ type: "Live", agent });
      },
      message: (message) => this.#events.message(message),
      over: (end) => this.#link === link && this.#lost(end),
    });
    this.#link = link;
  }

  #lost(end: LinkEnd): void {
    this.#link = null;
    if (this.#state.type === "Live") this.#downSince = Date.now();
    if (isFinal(end) && !this.#mayPass(end)) {
      this.#enter({ type: "Over", end });
      return;
    }
    // The grant changed or keys were worn: there is a daemon, and it waits.
    const atOnce = end.type === "Ended" && end.why === "Rekeyed" && this.#failures === 0;
    this.#failures += 1;
    const wait = atOnce ? 0 : backoff(this.#failures, Math.random());
    this.#enter({ type: "Waiting", since: this.#downSince });
    this.#timer = setTimeout(() => this.#events.seen() && this.#connect(), wait);
  }

  /** What cannot be read once may have been an accident. */
  #mayPass(end: LinkEnd): boolean {
    const [before, now] = [this.#garbled, Date.now()];
    if (end.type === "Garbled") this.#garbled = now;
    return end.type === "Garbled" && now - before > GARBLED;
  }

  /** A link over which nothing comes may be long dead. */
  #doubt(): void {
    const link = this.#link;
    const timer = setTimeout(() => this.#link === link && this.#connect(), DOUBT);
    this.roundTrip().then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    );
  }

  #enter(state: ConnectionState): void {
    this.#state = state;
    this.#events.state(state);
  }
}

function isFinal(end: LinkEnd): boolean {
  if (end.type === "Lost") return false;
  return end.type !== "Ended" || !["Rekeyed", "Upgrade"].includes(end.why);
}
