// One live link to the daemon: the handshake, then messages, with requests answered by their id.

import type { Carrier, CarrierEvents, Dial } from "./carrier.ts";
import { answeredResuming, Greeting, type Knock } from "./channel/device.ts";
import type { Bytes } from "./channel/keys.ts";
import type { Handshake } from "./channel/noise.ts";
import type { Channel, End } from "./channel/transport.ts";
import {
  type Answer,
  decodeToClient,
  encodeToServer,
  type Request,
  type ToClient,
  type ToServer,
} from "./message.ts";

/** Versions of the protocol that this page speaks. */
const VERSIONS: readonly number[] = [1];
export const AGENT = "abide web 0.1.0";
/** A daemon closes so on whoever it does not know, and says nothing more. */
const UNKNOWN_DEVICE = 4400;
/** Milliseconds until a link that does not come up is given up. */
const PATIENCE = 10_000;

/** Why a link is over. */
export type LinkEnd =
  /** The daemon does not know this device, or is another one. */
  | { readonly type: "Refused" }
  /** The channel was ended by the daemon. */
  | { readonly type: "Ended"; readonly why: End }
  /** Page and daemon have no version in common, or no channel of one. */
  | { readonly type: "Version"; readonly line: string }
  /** What the daemon sent could not be read. */
  | { readonly type: "Garbled" }
  /** It broke, or never came up. */
  | { readonly type: "Lost"; readonly live: boolean };

export interface LinkEvents {
  /** `agent`: what the daemon is, and of which version. */
  live(agent: string): void;
  message(message: ToClient): void;
  /** Once, and nothing after it. */
  over(end: LinkEnd): void;
}

export interface Credentials {
  readonly knock: Knock;
  readonly psk: CryptoKey;
}

/** A request on a link that went down before it was answered. */
export class LinkDown extends Error {}

interface Waiting {
  readonly answer: (answer: Answer) => void;
  readonly down: (error: LinkDown) => void;
}

type Stage =
  | { readonly type: "Opening" }
  | { readonly type: "Greeting" }
  | { readonly type: "Asking"; readonly handshake: Handshake }
  | { readonly type: "Live"; readonly channel: Channel };

export class Link implements CarrierEvents {
  readonly #greeting: Greeting;
  readonly #events: LinkEvents;
  readonly #carrier: Carrier;
  readonly #patience: ReturnType<typeof setTimeout>;
  readonly #waiting = new Map<number, Waiting>();
  #stage: Stage = { type: "Opening" };
  #greeted = false;
  #over = false;
  #requests = 0;
  /** When something last came, in milliseconds. */
  #lastHeard = Date.now();
  /** Messages are taken and sent one after the other. */
  #taking: Promise<void> = Promise.resolve();

  constructor(dial: Dial, credentials: Credentials, events: LinkEvents) {
    this.#greeting = Greeting.resume(credentials.knock, credentials.psk);
    this.#events = events;
    this.#patience = setTimeout(() => this.#end({ type: "Lost", live: false }), PATIENCE);
    this.#carrier = dial(this);
  }

  get live(): boolean {
    return this.#greeted && !this.#over;
  }

  get heard(): number {
    return this.#lastHeard;
  }

  opened(): void {
    this.#stage = { type: "Greeting" };
    this.#carrier.send(this.#greeting.hello);
  }

  message(message: Bytes): void {
    this.#lastHeard = Date.now();
    const taken = this.#taking.then(() => (this.#over ? undefined : this.#take(message)));
    this.#taking = taken.catch((error: unknown) => this.#failed(error));
  }

  closed(code: number): void {
    // What came before the end is still to be read: it may say why.
    this.#taking = this.#taking.then(() => {
      const refused = code === UNKNOWN_DEVICE && !this.#greeted;
      this.#end(refused ? { type: "Refused" } : { type: "Lost", live: this.#greeted });
    });
  }

  send(message: ToServer): void {
    if (this.#stage.type !== "Live" || this.#over) return;
    const sealed = this.#stage.channel.seal(encodeToServer(message));
    sealed.then(
      (messages) => {
        for (const message of messages) this.#carrier.send(message);
      },
      (error) => this.#failed(error),
    );
  }

  request(request: Request): Promise<Answer> {
    if (!this.live) return Promise.reject(new LinkDown("not connected"));
    this.#requests += 1;
    const id = this.#requests;
    return new Promise((answer, down) => {
      this.#waiting.set(id, { answer, down });
      this.send({ type: "Request", id, request });
    });
  }

  close(): void {
    this.#end({ type: "Lost", live: this.#greeted });
  }

  /** The page goes: what it holds at the daemon is given back. */
  leave(): void {
    this.#carrier.close(true);
    this.close();
  }

  async #take(message: Bytes): Promise<void> {
    switch (this.#stage.type) {
      case "Opening":
        throw new Error("a message before the link was open");
      case "Greeting": {
        const handshake = await this.#greeting.greeted(message);
        this.#stage = { type: "Asking", handshake };
        this.#carrier.send(handshake.message);
        return;
      }
      case "Asking": {
        const [first, channel] = await answeredResuming(this.#stage.handshake, message, HELLO);
        this.#stage = { type: "Live", channel };
        this.#carrier.send(first);
        return;
      }
      case "Live": {
        const opened = await this.#stage.channel.open(message);
        if (opened.type === "Ended") this.#end(opened);
        else if (opened.message !== null) this.#heard(decodeToClient(opened.message));
      }
    }
  }

  #heard(message: ToClient): void {
    if (!this.#greeted) {
      this.#greet(message);
    } else if (message.type === "Answer") {
      this.#waiting.get(message.id)?.answer(message.answer);
      this.#waiting.delete(message.id);
    } else {
      this.#events.message(message);
    }
  }

  /** The daemon's first message says what it speaks. */
  #greet(message: ToClient): void {
    if (message.type === "Closed") {
      this.#end({ type: "Version", line: message.line });
    } else if (message.type !== "Hello") {
      throw new Error("the daemon did not say hello");
    } else if (!message.versions.some((version) => VERSIONS.includes(version))) {
      this.#end({
        type: "Version",
        line: `${message.agent} speaks ${message.versions.join(", ")}`,
      });
    } else {
      clearTimeout(this.#patience);
      this.#greeted = true;
      this.#events.live(message.agent);
    }
  }

  #failed(error: unknown): void {
    const version = error instanceof Error && error.name === "VersionError";
    if (version) this.#end({ type: "Version", line: error.message });
    // Before there is a channel, only a stranger sends what does not fit.
    else if (this.#stage.type === "Asking") this.#end({ type: "Refused" });
    else this.#end(this.#greeted ? { type: "Garbled" } : { type: "Lost", live: false });
  }

  #end(end: LinkEnd): void {
    if (this.#over) return;
    this.#over = true;
    clearTimeout(this.#patience);
    this.#carrier.close();
    for (const { down } of this.#waiting.values()) down(new LinkDown("the link went down"));
    this.#waiting.clear();
    this.#events.over(end);
  }
}

/** Whether an agent is of the version of this page: `abide 0.1.0`. */
export function isOfThisVersion(agent: string): boolean {
  return agent.split(" ").at(-1) === AGENT.split(" ").at(-1);
}

const HELLO = encodeToServer({
  type: "Hello",
  versions: VERSIONS,
  capabilities: [],
  agent: AGENT,
  required: [],
});
