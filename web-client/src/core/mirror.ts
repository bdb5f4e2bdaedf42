// The session's screen as this page has it: snapshots replace it, updates change it.
//
// Law: what the mirror shows at a revision equals what the keeper presented at it. An update that
// does not fit is never shown; the keeper is asked for a whole snapshot, once.

import { ApplyError, apply } from "./apply.ts";
import type { Revision } from "./ids.ts";
import type { Snapshot } from "./snapshot.ts";
import type { Update } from "./update.ts";

/** `Misfit`: updates keep not fitting; page and keeper do not mean the same. */
export type MirrorStep = "Changed" | "Resync" | "Skipped" | "Misfit";

export class Mirror {
  #snapshot: Snapshot | null = null;
  /** A snapshot was asked for and has not come. */
  #waiting = false;
  /** The last snapshot was asked for because of a misfit, and nothing has fitted since. */
  #doubted = false;

  get snapshot(): Snapshot | null {
    return this.#snapshot;
  }

  get revision(): Revision | null {
    return this.#snapshot?.revision ?? null;
  }

  replace(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    this.#waiting = false;
  }

  /** A new viewer is open: what was asked for on an old link will not come. */
  reopened(): void {
    this.#waiting = false;
  }

  update(update: Update): MirrorStep {
    if (this.#waiting) return "Skipped";
    if (this.#snapshot === null) return this.#resync();
    try {
      this.#snapshot = apply(this.#snapshot, update);
      this.#doubted = false;
      return "Changed";
    } catch (error) {
      if (!(error instanceof ApplyError)) throw error;
      if (this.#doubted) return "Misfit";
      this.#doubted = true;
      return this.#resync();
    }
  }

  #resync(): MirrorStep {
    this.#waiting = true;
    return "Resync";
  }
}
