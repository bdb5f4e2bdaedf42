// One session as this page shows it: its mirror, who drives, and the page's own input, across links.

import { MAX_TEXT } from "./channel/limits.ts";
import type { Id, SessionId, Size } from "./ids.ts";
import type { InputEvent } from "./input.ts";
import type {
  Driver,
  Event,
  ExitStatus,
  Failure,
  InputRefusal,
  SessionInfo,
  TerminalLook,
  ToClient,
  ToServer,
  ViewerHeader,
} from "./message.ts";
import { Mirror } from "./mirror.ts";
import type { Snapshot } from "./snapshot.ts";
import { type Pending, Stream } from "./stream.ts";
import { byteLength } from "./text.ts";

/** Milliseconds after which what was sent and not applied is shown. */
export const OVERDUE = 5_000;
/** Milliseconds until a full queue is tried again. */
const BUSY = 100;
/** Keys of one message: each takes less than 64 bytes of it. */
export const MAX_KEYS = 1000;

/** `Sent`, or why nothing was: the link is down, too much waits, what was typed before is asked about,
 * or it is more than a message holds. */
export type Typed = "Sent" | "Down" | "Full" | "Asked" | "Long";

export interface ViewerEvents {
  /** There is a new state to paint. */
  changed(snapshot: Snapshot): void;
  attached(info: SessionInfo): void;
  drivenBy(driver: Driver): void;
  event(event: Event): void;
  ended(status: ExitStatus): void;
  /** The session cannot be shown (any more). */
  closed(failure: Failure): void;
  /** An input that the keeper will not apply. */
  refused(pending: Pending, why: InputRefusal): void;
  /** Inputs that may or may not have been applied, and will not be sent again. */
  lost(pending: readonly Pending[]): void;
}

export interface ViewerPlace {
  readonly session: SessionId;
  /** What the driver's name is for others. */
  readonly name: string;
  readonly look: TerminalLook;
}

/** Everything is asked of a keeper; what a device may do is narrowed by the daemon. */
const ALL = { see: true, type: true, size: true, floor: null };

export class Viewer {
  readonly #place: ViewerPlace;
  readonly #send: (message: ToServer) => void;
  readonly #events: ViewerEvents;
  readonly #mirror = new Mirror();
  readonly #stream = new Stream();
  #size: Size;
  /** Last event this page has; `null` before the first attachment. */
  #event: number | null = null;
  #drives = false;
  /** An attach was sent on this link. */
  #asked = false;
  #attached = false;
  /** What waits was not sent on this link: its writer is asked, and numbers have no gaps. */
  #held = false;
  #acked: Snapshot | null = null;
  #busy: ReturnType<typeof setTimeout> | undefined;

  constructor(
    place: ViewerPlace,
    size: Size,
    send: (message: ToServer) => void,
    events: ViewerEvents,
  ) {
    this.#place = place;
    this.#size = size;
    this.#send = send;
    this.#events = events;
  }

  get session(): SessionId {
    return this.#place.session;
  }

  get snapshot(): Snapshot | null {
    return this.#mirror.snapshot;
  }

  get drives(): boolean {
    return this.#drives;
  }

  get attached(): boolean {
    return this.#attached;
  }

  get stream(): Stream {
    return this.#stream;
  }

  /** On each new link. A driver that comes back in time still drives. */
  attach(): void {
    this.#mirror.reopened();
    this.#acked = null;
    this.#asked = true;
    this.#send({
      type: "Attach",
      session: this.#place.session,
      stream: this.#stream.id,
      have: this.#mirror.revision,
      event: this.#event,
      size: this.#size,
      wish: this.#drives ? "IfFree" : "Watch",
      name: this.#place.name,
      frames: true,
      printed: null,
      history: 0,
      look: this.#place.look,
      device: null,
      limits: ALL,
      sshAuthSock: null,
      epoch: null,
    });
  }

  detach(): void {
    if (this.#asked) this.#send({ type: "Detach" });
    this.lost();
  }

  /** The link went down. */
  lost(): void {
    clearTimeout(this.#busy);
    this.#asked = false;
    this.#attached = false;
    this.#held = false;
  }

  /** This state has been painted. */
  painted(snapshot: Snapshot): void {
    if (!this.#attached || this.#acked === snapshot) return;
    this.#acked = snapshot;
    this.#send({ type: "Ack", revision: snapshot.revision });
  }

  /** All of it is sent, one after the other, or nothing. */
  type(...events: readonly InputEvent[]): Typed {
    if (!this.#attached) return "Down";
    if (this.#held && this.#stream.pending.length > 0) return "Asked";
    if (!events.every(fits)) return "Long";
    const taken = this.#stream.take(events, Date.now());
    if (taken === null) return "Full";
    for (const pending of taken) this.#sendInput(pending);
    return "Sent";
  }

  /** Takes or gives back the size. */
  drive(take: boolean, size: Size): void {
    this.#size = size;
    if (take) this.#send({ type: "Resize", size });
    this.#send({ type: "Drive", take });
  }

  /** The page has room for another size: the session follows if this viewer drives. */
  resize(size: Size): void {
    this.#size = size;
    if (this.#attached) this.#send({ type: "Resize", size });
  }

  focus(focused: boolean): void {
    if (this.#attached) this.#send({ type: "Focus", focused });
  }

  /** Sends again what waits; the keeper takes each input once. */
  resend(): void {
    if (!this.#attached) return;
    this.#held = false;
    this.#stream.renew(Date.now());
    this.#resend();
  }

  /** Gives up what waits. */
  forget(): readonly Pending[] {
    const given = this.#stream.restart();
    if (this.#attached) {
      this.detach();
      this.attach();
    }
    return given;
  }

  message(message: ToClient): void {
    // What comes before is of a viewer that was on this link before.
    if (!this.#attached && message.type !== "Attached" && message.type !== "Closed") return;
    switch (message.type) {
      case "Attached":
        this.#opened(message.applied, message.event, message.info);
        return;
      case "Snapshot":
        this.#mirror.replace(message.snapshot);
        this.#header(message.header);
        this.#events.changed(message.snapshot);
        return;
      case "Update":
        this.#update(message);
        return;
      case "Header":
        this.#header(message);
        return;
      case "Driver":
        this.#drives = message.you;
        this.#events.drivenBy(message);
        return;
      case "Refused":
        this.#refused(message.stream, message.seq, message.why);
        return;
      case "Ended":
        this.#events.ended(message.status);
        return;
      case "Closed":
        this.#attached = false;
        this.#events.closed(message);
    }
  }

  #opened(applied: number, event: number, info: SessionInfo): void {
    if (info.id !== this.#place.session) return;
    this.#attached = true;
    this.#event ??= event;
    this.#stream.settle(applied);
    // What waits for long was typed into another situation: its writer is asked.
    this.#held = this.#stream.overdue(Date.now() - OVERDUE);
    if (!this.#held) this.#resend();
    this.#events.attached(info);
  }

  #update({ header, update }: Extract<ToClient, { type: "Update" }>): void {
    const step = this.#mirror.update(update);
    this.#header(header);
    const snapshot = this.#mirror.snapshot;
    if (step === "Changed" && snapshot !== null) this.#events.changed(snapshot);
    else if (step === "Resync") this.#send({ type: "Resync" });
    else if (step === "Misfit") {
      const line = "the session's updates do not fit this page: reload it";
      this.#events.closed({ kind: "Internal", line });
    }
  }

  #header(header: ViewerHeader): void {
    this.#stream.settle(header.applied);
    for (const [number, event] of header.events) {
      this.#event = number;
      this.#events.event(event);
    }
  }

  #refused(stream: Id, seq: number, why: InputRefusal): void {
    if (stream !== this.#stream.id) return;
    if (why === "Busy") {
      clearTimeout(this.#busy);
      this.#busy = setTimeout(() => this.#resend(), BUSY);
    } else if (why === "StreamLost") {
      this.#events.lost(this.forget());
    } else {
      const pending = this.#stream.refuse(seq);
      if (pending !== null) this.#events.refused(pending, why);
    }
  }

  #resend(): void {
    for (const pending of this.#stream.pending) this.#sendInput(pending);
  }

  #sendInput({ seq, event }: Pending): void {
    this.#send({ type: "Input", stream: this.#stream.id, seq, event });
  }
}

/** Whether one message to the daemon holds it. */
function fits(event: InputEvent): boolean {
  if (event.type === "Keys") return event.events.length <= MAX_KEYS;
  const written = event.type === "Paste" || event.type === "Submit";
  return !written || byteLength(event.text) <= MAX_TEXT;
}
