// The input of one attachment across its reconnects: numbered, and kept until the keeper says that it
// was applied. The keeper takes each number once and in order, so that sending again is harmless.

import { type InputSeq, randomId, type StreamId } from "./ids.ts";
import type { InputEvent } from "./input.ts";

/** What was sent and is not applied. */
export interface Pending {
  readonly seq: InputSeq;
  readonly event: InputEvent;
  /** When it was typed, in milliseconds. */
  readonly at: number;
}

/** Inputs that may wait for the keeper; beyond, more is refused where it is typed. */
export const MAX_PENDING = 256;

export class Stream {
  #id: StreamId = randomId();
  #last: InputSeq = 0;
  #pending: Pending[] = [];

  get id(): StreamId {
    return this.#id;
  }

  get pending(): readonly Pending[] {
    return this.#pending;
  }

  /** All of them, or `null`: too much waits. */
  take(events: readonly InputEvent[], now: number): readonly Pending[] | null {
    if (this.#pending.length + events.length > MAX_PENDING) return null;
    const taken = events.map((event, n) => ({ seq: this.#last + n + 1, event, at: now }));
    this.#last += events.length;
    this.#pending.push(...taken);
    return taken;
  }

  /** What waits is as good as typed now. */
  renew(now: number): void {
    this.#pending = this.#pending.map((pending) => ({ ...pending, at: now }));
  }

  /** Everything up to `seq` was applied, or refused for good. */
  settle(seq: InputSeq): void {
    this.#pending = this.#pending.filter((pending) => pending.seq > seq);
  }

  /** This input was refused for good; answers it. */
  refuse(seq: InputSeq): Pending | null {
    const refused = this.#pending.find((pending) => pending.seq === seq) ?? null;
    this.#pending = this.#pending.filter((pending) => pending.seq !== seq);
    return refused;
  }

  /** Gives up what waits, and answers it: numbers may not have gaps, so a new stream begins. */
  restart(): readonly Pending[] {
    const given = this.#pending;
    this.#id = randomId();
    this.#last = 0;
    this.#pending = [];
    return given;
  }

  /** Whether something waits since before `since`. */
  overdue(since: number): boolean {
    const [oldest] = this.#pending;
    return oldest !== undefined && oldest.at < since;
  }
}
