// A page that claims a ticket, over a link of its own.

import type { Carrier, CarrierEvents, Dial } from "./carrier.ts";
import { answeredPairing, Greeting, type Knock } from "./channel/device.ts";
import type { Bytes, Ticket } from "./channel/keys.ts";
import type { Handshake } from "./channel/noise.ts";
import type { Claim, Joining, Paired, Pending, Step } from "./channel/pairing.ts";
import type { End } from "./channel/transport.ts";

/** Why nothing came of it. */
export type ClaimEnd =
  /** Expired, used, damaged, or of another daemon: nobody says which. */
  | "NotAccepted"
  /** The link never came up. */
  | "Unreachable"
  /** It broke on the way. */
  | "Lost"
  | End;

export interface ClaimingEvents {
  /** Show this code; a person types it on the computer. */
  show(code: string, pending: Pending): void;
  /** Keep this, read it back, and say whether it outlives the page. */
  store(paired: Paired): Promise<boolean>;
  /** The device is real. */
  done(): void;
  /** Once, and nothing after it. */
  failed(why: ClaimEnd): void;
}

type Stage =
  | { readonly type: "Opening" }
  | { readonly type: "Greeting" }
  | { readonly type: "Asking"; readonly handshake: Handshake }
  | { readonly type: "Claimed"; readonly joining: Joining; heard: boolean };

export class Claiming implements CarrierEvents {
  readonly #greeting: Greeting;
  readonly #claim: Claim;
  readonly #events: ClaimingEvents;
  readonly #carrier: Carrier;
  #stage: Stage = { type: "Opening" };
  #over = false;
  #taking: Promise<void> = Promise.resolve();

  constructor(dial: Dial, knock: Knock, ticket: Ticket, claim: Claim, events: ClaimingEvents) {
    this.#greeting = Greeting.pair(knock, ticket);
    this.#claim = claim;
    this.#events = events;
    this.#carrier = dial(this);
  }

  opened(): void {
    this.#stage = { type: "Greeting" };
    this.#carrier.send(this.#greeting.hello);
  }

  message(message: Bytes): void {
    const taken = this.#taking.then(() => (this.#over ? undefined : this.#take(message)));
    this.#taking = taken.catch(() => this.#fail(this.#why()));
  }

  closed(): void {
    this.#taking = this.#taking.then(() => this.#fail(this.#why()));
  }

  close(): void {
    this.#over = true;
    this.#carrier.close();
  }

  async #take(message: Bytes): Promise<void> {
    const stage = this.#stage;
    switch (stage.type) {
      case "Opening":
        throw new Error("a message before the link was open");
      case "Greeting": {
        const handshake = await this.#greeting.greeted(message);
        this.#stage = { type: "Asking", handshake };
        this.#carrier.send(handshake.message);
        return;
      }
      case "Asking": {
        const [claim, joining] = await answeredPairing(stage.handshake, message, this.#claim);
        this.#stage = { type: "Claimed", joining, heard: false };
        this.#carrier.send(claim);
        return;
      }
      case "Claimed":
        await this.#step(await stage.joining.receive(message), stage.joining);
        stage.heard = true;
    }
  }

  async #step(step: Step, joining: Joining): Promise<void> {
    switch (step.type) {
      case "Show":
        this.#events.show(step.code, step.pending);
        return;
      case "Store": {
        const durable = await this.#events.store(step.paired);
        for (const message of await joining.stored(durable)) this.#carrier.send(message);
        return;
      }
      case "Done":
        this.#over = true;
        this.#events.done();
        return;
      case "Ended":
        this.#fail(step.why);
        return;
      case "Wait":
    }
  }

  #why(): ClaimEnd {
    if (this.#stage.type === "Opening") return "Unreachable";
    return this.#stage.type === "Claimed" && this.#stage.heard ? "Lost" : "NotAccepted";
  }

  #fail(why: ClaimEnd): void {
    if (this.#over) return;
    this.#over = true;
    this.#carrier.close();
    this.#events.failed(why);
  }
}
