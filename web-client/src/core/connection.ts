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

/** Milliseconds in which something has to come over a link that is in doubt. */
const DOUBT = 3_000;
/** Milliseconds of silence after which a link is in doubt: a dead one does not say so. */
const SILENCE = 20_000;
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
  #silence: ReturnType<typeof setTimeout> | undefined;
  #doubted: ReturnType<typeof setTimeout> | undefined;
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
    this.#calm();
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
      this.#listen();
    } else if (this.#state.type === "Connecting" && Date.now() - this.#dialled >= STALLED) {
      this.#connect();
    }
  }

  /** What should have come did not: the link has to prove itself, unless it did a moment ago. */
  doubt(): void {
    const silent = Date.now() - (this.#link?.heard ?? 0);
    if (this.#events.seen() && this.#state.type === "Live" && silent >= DOUBT) this.#doubt();
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

  #connect(downSince = Date.now()): void {
    clearTimeout(this.#timer);
    this.#calm();
    const before = this.#link;
    this.#link = null;
    before?.close();
    if (this.#state.type === "Live") this.#downSince = downSince;
    this.#dialled = Date.now();
    this.#enter({ type: "Connecting", since: this.#downSince });
    const link: Link = new Link(this.#dial, this.#credentials, {
      live: (agent) => {
        this.#failures = 0;
        this.#enter({ type: "Live", agent });
        this.#listen();
      },
      message: (message) => this.#events.message(message),
      over: (end) => this.#link === link && this.#lost(end),
    });
    this.#link = link;
  }

  #lost(end: LinkEnd): void {
    this.#link = null;
    this.#calm();
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

  /** Doubts the link after a silence, while the page is seen. */
  #listen(): void {
    clearTimeout(this.#silence);
    if (!this.#events.seen()) return;
    const silent = Date.now() - (this.#link?.heard ?? 0);
    if (silent >= SILENCE) this.#doubt();
    const wait = silent < SILENCE ? SILENCE - silent : SILENCE;
    this.#silence = setTimeout(() => this.#listen(), wait);
  }

  /** A link over which nothing comes may be long dead: something is asked, and anything is an answer. */
  #doubt(): void {
    if (this.#doubted !== undefined) return;
    const { link, now } = { link: this.#link, now: Date.now() };
    this.#doubted = setTimeout(() => {
      this.#doubted = undefined;
      // What is shown is as old as the last that came.
      if (link !== null && link.heard < now) this.#connect(link.heard);
    }, DOUBT);
    this.roundTrip().catch(() => undefined);
  }

  #calm(): void {
    clearTimeout(this.#silence);
    clearTimeout(this.#doubted);
    this.#doubted = undefined;
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
